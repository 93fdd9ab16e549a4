"""Pictures of Office that buttons may use (imageMso), each looked up in Microsoft's list of control identifiers.

The list is `OfficeDev/office-fluent-ui-command-identifiers` (Microsoft 365, Current Channel); a wrong name would leave
a button without a picture and say nothing. `Info` is no control but a picture of the gallery, used by many add-ins.
"""

from __future__ import annotations

_NAMES = """
    AcceptInvitation CalculateNow CalculateSheet CalculationOptionsMenu Calculator CalendarInsert ChartInsert
    ChartTrendline ChartTypeAllInsertDialog ChartTypeColumnInsertGallery ChartTypeLineInsertGallery
    CompareAndCombine ConditionalFormattingMenu Consolidate Copy Cut DataValidation DatabaseDocumenter
    DatabaseInsert Delete ErrorChecking ExportExcel ExportTextFile FileNew FileOpen FilePrint FilePrintPreview
    FileSave FileSaveAs FileSendAsAttachment FileSendMenu Filter FindDialog FunctionWizard
    GetExternalDataFromOtherSources GetExternalDataFromText GoalSeek Help HyperlinkInsert ImportExcel
    ImportTextFile Info Lock MacroPlay MailMergeMergeToDocument NameManager OrganizationChartInsert OutlineGroup
    OutlineUngroup Paste PivotTableInsert QueryBuilder RecordsRefreshRecords Redo Refresh RefreshAll Repeat
    ReviewAcceptChange ReviewCompareMenu ReviewNewComment ReviewProtectWorkbook ReviewRejectChange
    ReviewShareWorkbook ReviewTrackChanges ScenarioManager ShapesInsertGallery SheetProtect ShowFormulas
    SmartArtInsert SortDialog TableInsert TraceDependents TraceError TracePrecedents Undo ViewDocumentMap
    WatchWindow ZoomDialog
"""
ICONS = frozenset(_NAMES.split())

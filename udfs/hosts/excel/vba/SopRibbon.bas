Attribute VB_Name = "SopRibbon"
Option Explicit

' Callbacks of the ribbon. Every button goes through SopPressed with its command as tag.

Private mRibbon As IRibbonUI
Private mEvents As SopEvents
Private mDescribed As Boolean

Public Sub SopOnLoad(ribbon As IRibbonUI)
    Set mRibbon = ribbon
    Set mEvents = New SopEvents
    mEvents.Watch Application
    SopDescribeOnce
End Sub

Public Sub SopPressed(control As IRibbonControl)
    Select Case control.Tag
        Case "host_restart"
            SopRestart
        Case Else
            SopRun control.Tag
    End Select
    SopRefresh
End Sub

Public Sub SopEnabled(control As IRibbonControl, ByRef enabled)
    enabled = SopReason(control.Tag) = ""
End Sub

Public Sub SopSupertip(control As IRibbonControl, ByRef text)
    ' What a button does; why it cannot be pressed now where that is so.
    text = SopReason(control.Tag)
    If text = "" Then text = SopTip(control.Tag)
End Sub

Public Function SopReason(ByVal tag As String) As String
    If SopNeedsBook(tag) Then
        If Not SopPlanningBookOpen() Then SopReason = "Open a planning workbook first: one made by sop-xl new, or a copy of SOP_template.xlsx."
    ElseIf ActiveWorkbook Is Nothing Then
        SopReason = "Open a workbook first."
    End If
End Function

Public Sub SopOnWindows(control As IRibbonControl, ByRef visible)
    #If Mac Then
        visible = False
    #Else
        visible = True
    #End If
End Sub

Public Sub SopVersionLabel(control As IRibbonControl, ByRef label)
    label = "sop_xl " & SOP_VERSION_BUILT
End Sub

Public Sub SopRefresh()
    ' Another workbook is in front: ask again which buttons can be pressed.
    If Not mRibbon Is Nothing Then mRibbon.Invalidate
    SopDescribeOnce
End Sub

Private Sub SopDescribeOnce()
    ' Help in the function wizard; Excel takes it only while a workbook is open.
    If mDescribed Then Exit Sub
    If ActiveWorkbook Is Nothing Then Exit Sub
    mDescribed = True
    SopDescribeAll
End Sub

Private Sub SopRestart()
    #If Mac Then
    #Else
        On Error GoTo failed
        SopForgetPython
        KillPy
        MsgBox "Python is restarted. Recalculate with Ctrl+Alt+F9.", vbInformation, "S&OP"
        Exit Sub
failed:
        MsgBox "Python could not be restarted: " & SopLastLine(Err.Description) & vbLf & "Run in a terminal: sop-xl addin doctor", vbExclamation, "S&OP"
    #End If
End Sub

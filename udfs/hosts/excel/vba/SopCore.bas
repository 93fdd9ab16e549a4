Attribute VB_Name = "SopCore"
Option Explicit
Option Private Module

' What the wrappers and the ribbon share. A function of a cell goes to Python through SopCall, a button through SopRun.

Public Const SOP_VERSION_BUILT As String = "@VERSION@"
Private Const FUNCTIONS_MODULE As String = "@FUNCTIONS@"
Private Const COMMANDS_MODULE As String = "@COMMANDS@"
Private Const PLANNING_TABLE As String = "@TABLE@"
Private Const ON_A_MAC As String = "Excel for Mac cannot reach Python from a cell. Use the Office add-in instead: sop-xl serve"

Private mPython As Object

Public Function SopCall(ByVal name As String, ByVal arguments As Variant) As Variant
    ' The cells of a function. An error is a true error of the cell; SOP_EXPLAIN tells the sentence behind it.
    ' Python is kept, for finding it costs more than most functions; where it has gone away it is started once more.
    #If Mac Then
        SopCall = SopNoAnswer(name, ON_A_MAC)
    #Else
        Dim says As String, again As Boolean
        On Error GoTo failed
ask:
        If mPython Is Nothing Then Set mPython = XLPy
        SopCall = SopDecoded(mPython.CallUDF(FUNCTIONS_MODULE, name, arguments))
        Exit Function
failed:
        says = SopLastLine(Err.Description)
        If Not again And Not mPython Is Nothing Then
            again = True
            Set mPython = Nothing
            Resume ask
        End If
        SopCall = SopNoAnswer(name, "Python does not answer: " & says & " (run: sop-xl addin doctor)")
    #End If
End Function

Public Sub SopForgetPython()
    ' The next cell looks for Python again.
    Set mPython = Nothing
End Sub

Public Function SopNoAnswer(ByVal name As String, ByVal says As String) As Variant
    ' What a cell shows when Python cannot be asked: #N/A, and the reason where the reason is what was asked for.
    If name = "SOP_EXPLAIN" Then
        SopNoAnswer = says
    Else
        SopNoAnswer = CVErr(2042)
    End If
End Function

Public Function SopDecoded(ByVal answer As Variant) As Variant
    ' Python hands over an error as a text with a mark before it; here it becomes one.
    Dim row As Long, column As Long
    If Not IsArray(answer) Then
        SopDecoded = SopCell(answer)
        Exit Function
    End If
    Select Case SopDimensions(answer)
        Case 1
            For column = LBound(answer) To UBound(answer)
                answer(column) = SopCell(answer(column))
            Next column
        Case 2
            For row = LBound(answer, 1) To UBound(answer, 1)
                For column = LBound(answer, 2) To UBound(answer, 2)
                    answer(row, column) = SopCell(answer(row, column))
                Next column
            Next row
    End Select
    SopDecoded = answer
End Function

Public Function SopCell(ByVal value As Variant) As Variant
    SopCell = value
    If VarType(value) <> vbString Then Exit Function
    If Left$(value, 1) <> Chr$(1) Then Exit Function
    Select Case Mid$(value, 2)
        Case "#NULL!"
            SopCell = CVErr(2000)
        Case "#DIV/0!"
            SopCell = CVErr(2007)
        Case "#REF!"
            SopCell = CVErr(2023)
        Case "#NAME?"
            SopCell = CVErr(2029)
        Case "#NUM!"
            SopCell = CVErr(2036)
        Case "#N/A"
            SopCell = CVErr(2042)
        Case Else
            SopCell = CVErr(2015)
    End Select
End Function

Public Function SopDimensions(ByVal values As Variant) As Long
    Dim upper As Long
    On Error GoTo counted
    Do
        upper = UBound(values, SopDimensions + 1)
        SopDimensions = SopDimensions + 1
    Loop While SopDimensions < 3
counted:
End Function

Public Function SopLastLine(ByVal text As String) As String
    ' The last line of a traceback: the one that says what is wrong.
    Dim parts() As String, at As Long
    parts = Split(Replace(text, Chr$(13), ""), Chr$(10))
    For at = UBound(parts) To LBound(parts) Step -1
        If Trim$(parts(at)) <> "" Then
            SopLastLine = Trim$(parts(at))
            Exit Function
        End If
    Next at
End Function

Public Function SopCommandText(ByVal tag As String) As String
    ' What Python is told to run. Only letters, digits and _ get through.
    Dim at As Long, character As String, clean As String
    For at = 1 To Len(tag)
        character = Mid$(tag, at, 1)
        If character Like "[A-Za-z0-9_]" Then clean = clean & character
    Next at
    SopCommandText = "import " & COMMANDS_MODULE & ";" & COMMANDS_MODULE & ".run('" & clean & "')"
End Function

Public Sub SopRun(ByVal tag As String)
    ' Run a button. On the Mac this returns at once and Python clears the status bar when it is done.
    If ActiveWorkbook Is Nothing Then
        MsgBox "Open a workbook first.", vbExclamation, "S&OP"
        Exit Sub
    End If
    On Error GoTo failed
    Application.StatusBar = "S&OP: starting ..."
    RunPython SopCommandText(tag)
    #If Mac Then
    #Else
        Application.StatusBar = False
    #End If
    Exit Sub
failed:
    Application.StatusBar = False
    MsgBox "This could not be started: " & Err.Description & vbLf & "Run in a terminal: sop-xl addin doctor", vbExclamation, "S&OP"
End Sub

Public Function SopPlanningBookOpen() As Boolean
    ' Whether the workbook in front is a planning workbook: it has the table of settings.
    Dim sheet As Object, found As Object
    On Error GoTo none
    If ActiveWorkbook Is Nothing Then Exit Function
    For Each sheet In ActiveWorkbook.Worksheets
        For Each found In sheet.ListObjects
            If LCase$(found.Name) = PLANNING_TABLE Then
                SopPlanningBookOpen = True
                Exit Function
            End If
        Next found
    Next sheet
none:
End Function

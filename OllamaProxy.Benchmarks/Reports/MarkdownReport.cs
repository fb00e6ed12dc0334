namespace OllamaProxy.Benchmarks.Reports;

/// <summary>The report for people.</summary>
internal static class MarkdownReport
{
    private static readonly string[] Heading = ["row", "what", "target", "figure", "", "remark"];

    public static string Of(Report report) => $"""
        # Benchmarks

        On {report.Machine}, in {report.Took.TotalMinutes:0.0} minutes.{(report.Results.Smoke
            ? " A smoke run: the figures mean nothing." : "")}

        {Table(report.Results)}
        """;

    /// <summary>The figures as a table that lines up on a console too.</summary>
    public static string Table(Results results)
    {
        string[][] lines = [Heading, .. results.Outcomes.Select(outcome => Cells(outcome, results.Smoke))];
        var widths = Heading.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        string Line(IEnumerable<string> cells) =>
            $"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |\n";
        return Line(Heading) + Line(widths.Select(width => new string('-', Math.Max(width, 3))))
            + string.Concat(lines.Skip(1).Select(Line));
    }

    private static string[] Cells(Outcome outcome, bool smoke) =>
    [
        outcome.Row.Name,
        outcome.Row.What,
        outcome.Row.Target.ToString(),
        outcome.Figure is { } figure ? outcome.Row.Target.Write(figure) : "not measured",
        smoke || outcome.IsSkipped ? "" : outcome.Holds ? "pass" : "FAIL",
        outcome.Remark.Replace("|", "\\|", StringComparison.Ordinal),
    ];
}

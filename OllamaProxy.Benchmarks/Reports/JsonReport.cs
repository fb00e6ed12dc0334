using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Benchmarks.Reports;

/// <summary>The report for programs.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    public static string Of(Report report) => JsonSerializer.Serialize(
        new
        {
            report.Machine,
            Seconds = Math.Round(report.Took.TotalSeconds, 1),
            report.Results.Smoke,
            Rows = report.Results.Outcomes.Select(outcome => new
            {
                outcome.Row.Name,
                outcome.Row.What,
                Target = outcome.Row.Target.ToString(),
                outcome.Figure,
                outcome.Row.Target.Unit,
                Holds = report.Results.Smoke || outcome.IsSkipped ? default(bool?) : outcome.Holds,
                outcome.Remark,
            }),
            report.Results.Curve,
        },
        Options);
}

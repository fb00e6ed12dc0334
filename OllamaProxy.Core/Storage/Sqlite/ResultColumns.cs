using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Sqlite;

/// <summary>The columns of the table <c>prompts</c> that hold a <see cref="PromptResult"/>.</summary>
internal static class ResultColumns
{
    /// <summary>The columns, in the order of <see cref="Read"/>.</summary>
    public const string Names = "result, thinking, done_reason, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count, eval_duration";

    /// <summary>For an UPDATE with <see cref="Parameters"/>.</summary>
    public static readonly string Assignments = string.Join(", ", Names.Split(", ").Select(name => $"{name} = ${name}"));

    public static (string Name, object? Value)[] Parameters(PromptResult? result) =>
    [
        ("$result", result?.Text),
        ("$thinking", result?.Thinking),
        ("$done_reason", result?.Statistics.DoneReason),
        ("$total_duration", result?.Statistics.TotalDuration),
        ("$load_duration", result?.Statistics.LoadDuration),
        ("$prompt_eval_count", result?.Statistics.PromptEvalCount),
        ("$prompt_eval_duration", result?.Statistics.PromptEvalDuration),
        ("$eval_count", result?.Statistics.EvalCount),
        ("$eval_duration", result?.Statistics.EvalDuration),
    ];

    public static PromptResult? Read(SqliteStatement row) => row.IsNull(0) ? null : new(row.Text(0), row.TextOrNull(1), new()
    {
        DoneReason = row.TextOrNull(2),
        TotalDuration = row.Int64OrNull(3),
        LoadDuration = row.Int64OrNull(4),
        PromptEvalCount = row.Int64OrNull(5),
        PromptEvalDuration = row.Int64OrNull(6),
        EvalCount = row.Int64OrNull(7),
        EvalDuration = row.Int64OrNull(8),
    });
}

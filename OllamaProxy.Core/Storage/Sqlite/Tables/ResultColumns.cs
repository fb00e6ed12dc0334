using OllamaProxy.Prompts;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;

namespace OllamaProxy.Storage.Sqlite.Tables;

/// <summary>The columns of the table <c>prompts</c> that hold a <see cref="PromptResult"/>.</summary>
internal static class ResultColumns
{
    private const string Names =
        "result, thinking, done_reason, total_duration, load_duration, prompt_eval_count, prompt_eval_duration, eval_count, eval_duration, "
        + "result_checksum, thinking_checksum";

    /// <summary>The assignments of an UPDATE with <see cref="Parameters"/>.</summary>
    public static readonly string Assignments = string.Join(", ", Names.Split(", ").Select(name => $"{name} = ${name}"));

    /// <param name="result">The result; null: nothing was generated.</param>
    public static (string Name, object? Value)[] Parameters(PromptResult? result) =>
    [
        ("$result", LongTextFormat.ColumnOf(result?.Text)),
        ("$thinking", LongTextFormat.ColumnOf(result?.Thinking)),
        ("$done_reason", result?.Statistics.DoneReason),
        ("$total_duration", result?.Statistics.TotalDuration),
        ("$load_duration", result?.Statistics.LoadDuration),
        ("$prompt_eval_count", result?.Statistics.PromptEvalCount),
        ("$prompt_eval_duration", result?.Statistics.PromptEvalDuration),
        ("$eval_count", result?.Statistics.EvalCount),
        ("$eval_duration", result?.Statistics.EvalDuration),
        ("$result_checksum", Checksum.Of(LongTextFormat.ColumnOf(result?.Text))),
        ("$thinking_checksum", Checksum.Of(LongTextFormat.ColumnOf(result?.Thinking))),
    ];
}

using OllamaProxy.Prompts;

namespace OllamaProxy.Storage;

/// <summary>
/// The columns of a <see cref="GenerationStatistics"/>, which both stores select side by side: <c>done_reason</c>, <c>total_duration</c>,
/// <c>load_duration</c>, <c>prompt_eval_count</c>, <c>prompt_eval_duration</c>, <c>eval_count</c>, <c>eval_duration</c>.
/// </summary>
internal static class StatisticsColumns
{
    /// <summary>Reads them from a row.</summary>
    /// <param name="first">The index of the first one.</param>
    /// <param name="text">Reads a text of the row.</param>
    /// <param name="number">Reads a number of the row.</param>
    public static GenerationStatistics Read(int first, Func<int, string?> text, Func<int, long?> number) => new()
    {
        DoneReason = text(first),
        TotalDuration = number(first + 1),
        LoadDuration = number(first + 2),
        PromptEvalCount = number(first + 3),
        PromptEvalDuration = number(first + 4),
        EvalCount = number(first + 5),
        EvalDuration = number(first + 6),
    };
}

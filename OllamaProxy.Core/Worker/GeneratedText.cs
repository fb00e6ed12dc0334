using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Puts a result together from the lines of Ollama's answer.</summary>
/// <param name="live">Where the texts go, for those who watch.</param>
internal sealed class GeneratedText(LiveText live)
{
    private const int MaxLength = 64 * 1024 * 1024;

    private GenerationStatistics _statistics = GenerationStatistics.None;

    /// <exception cref="OllamaException">It is more than any model has a reason to say; what came before stays.</exception>
    public void Append(GenerateChunk chunk)
    {
        if (live.Text.Length + live.Thinking.Length > MaxLength)
            throw new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} characters, and was cut off.");
        live.Append(chunk.Response, chunk.Thinking);
        if (!chunk.Done)
            return;
        _statistics = new()
        {
            DoneReason = chunk.DoneReason,
            TotalDuration = chunk.TotalDuration,
            LoadDuration = chunk.LoadDuration,
            PromptEvalCount = chunk.PromptEvalCount,
            PromptEvalDuration = chunk.PromptEvalDuration,
            EvalCount = chunk.EvalCount,
            EvalDuration = chunk.EvalDuration,
        };
    }

    /// <summary>What has come so far.</summary>
    public PromptResult ToResult() => new(live.Text.ToString(), live.Thinking.Length > 0 ? live.Thinking.ToString() : null, _statistics);
}

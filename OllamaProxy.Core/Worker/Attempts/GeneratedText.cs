using OllamaProxy.Live;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Worker.Attempts;

/// <summary>Assembles a result from the lines of Ollama's answer.</summary>
/// <param name="live">Receives the texts, and shows them to subscribers.</param>
/// <param name="time">The clock.</param>
internal sealed class GeneratedText(AttemptOutput live, TimeProvider time)
{
    private const int MaxLength = 64 * 1024 * 1024;
    private const int MaxReason = 256;

    private GenerationStatistics _statistics = GenerationStatistics.None;

    /// <summary>When the first of it came, as a timestamp of the clock; null: nothing has.</summary>
    public long? FirstAt { get; private set; }

    /// <summary>The figures that have come so far.</summary>
    public GenerationStatistics Statistics => _statistics;

    /// <summary>Whether Ollama has said why the model stopped.</summary>
    public bool HasDoneReason => !string.IsNullOrEmpty(_statistics.DoneReason);

    /// <exception cref="OllamaException">The text is too long. What came before is kept.</exception>
    public void Append(OutputChunk chunk)
    {
        if (live.Text.Length + live.Thinking.Length > MaxLength)
            throw new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} characters, and was cut off.");
        if (FirstAt is null && chunk is { Response.Length: > 0 } or { Thinking.Length: > 0 })
            FirstAt = time.GetTimestamp();
        live.Append(chunk.Response, chunk.Thinking);
        if (chunk is { Done: false, DoneReason: null, EvalCount: null, PromptEvalCount: null })
            return;
        // The statistics come with the last chunk or, on OpenAI's routes, with an earlier one.
        _statistics = new()
        {
            DoneReason = chunk.DoneReason is { Length: > MaxReason } reason
                ? reason[..MaxReason] : chunk.DoneReason ?? _statistics.DoneReason,
            TotalDuration = chunk.TotalDuration ?? _statistics.TotalDuration,
            LoadDuration = chunk.LoadDuration ?? _statistics.LoadDuration,
            PromptEvalCount = chunk.PromptEvalCount ?? _statistics.PromptEvalCount,
            PromptEvalDuration = chunk.PromptEvalDuration ?? _statistics.PromptEvalDuration,
            EvalCount = chunk.EvalCount ?? _statistics.EvalCount,
            EvalDuration = chunk.EvalDuration ?? _statistics.EvalDuration,
        };
    }

    /// <summary>What has come so far.</summary>
    public PromptResult ToResult() => new(live.Text.ToString(), live.Thinking.Length > 0 ? live.Thinking.ToString() : null, _statistics);
}

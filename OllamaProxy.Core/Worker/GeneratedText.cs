using System.Text;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Puts a result together from the lines of Ollama's answer.</summary>
internal sealed class GeneratedText
{
    private const int MaxLength = 64 * 1024 * 1024;

    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private GenerationStatistics _statistics = GenerationStatistics.None;

    /// <exception cref="OllamaException">It is more than any model has a reason to say; what came before stays.</exception>
    public void Append(GenerateChunk chunk)
    {
        if (_text.Length + _thinking.Length > MaxLength)
            throw new OllamaException(FailureKind.Permanent, $"The answer is longer than {MaxLength} characters, and was cut off.");
        _text.Append(chunk.Response);
        _thinking.Append(chunk.Thinking);
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
    public PromptResult ToResult() => new(_text.ToString(), _thinking.Length > 0 ? _thinking.ToString() : null, _statistics);
}

using System.Text;
using OllamaProxy.Ollama;
using OllamaProxy.Prompts;

namespace OllamaProxy.Worker;

/// <summary>Puts a result together from the lines of Ollama's answer.</summary>
internal sealed class GeneratedText
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _thinking = new();
    private GenerationStatistics _statistics = GenerationStatistics.None;

    public void Append(GenerateChunk chunk)
    {
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

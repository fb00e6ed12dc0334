namespace OllamaProxy.Simulator.Generation;

/// <summary>The contents of one JSON object of an answer: a whole answer, or one message of a stream.</summary>
/// <param name="Text">A part of the answer's text.</param>
/// <param name="Thinking">A part of the thinking.</param>
/// <param name="DoneReason">Why the answer ends here; null: it does not.</param>
/// <param name="Metrics">The figures at the end of a generation.</param>
/// <param name="ToolCall">The tool that the client is to call.</param>
internal readonly record struct AnswerPart(
    string Text, string Thinking, string? DoneReason = null, GenerationMetrics? Metrics = null, ToolCall? ToolCall = null)
{
    public int PromptTokens => Metrics?.PromptTokens ?? 0;

    public int Tokens => Metrics?.Tokens ?? 0;

    public static AnswerPart Of(Token token) => new(token.Said, token.Thought, ToolCall: token.ToolCall);
}

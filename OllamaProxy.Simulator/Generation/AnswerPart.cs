namespace OllamaProxy.Simulator.Generation;

/// <summary>What one object of an answer says.</summary>
/// <param name="Text">What is said.</param>
/// <param name="Thinking">What is thought.</param>
/// <param name="DoneReason">Why the answer ends here; null if it does not.</param>
/// <param name="Metrics">The numbers at the end of a generation.</param>
/// <param name="ToolCall">The tool that is to be called.</param>
internal readonly record struct AnswerPart(
    string Text, string Thinking, string? DoneReason = null, GenerationMetrics? Metrics = null, ToolCall? ToolCall = null)
{
    public int PromptTokens => Metrics?.PromptTokens ?? 0;

    public int Tokens => Metrics?.Tokens ?? 0;

    public static AnswerPart Of(Token token) => new(token.Said, token.Thought, ToolCall: token.ToolCall);
}

namespace OllamaProxy.Simulator;

/// <summary>What one object of an answer says.</summary>
/// <param name="Text">What is said.</param>
/// <param name="Thinking">What is thought.</param>
/// <param name="DoneReason">Why the answer ends here; null if it does not.</param>
/// <param name="Metrics">The numbers at the end of a generation.</param>
internal readonly record struct AnswerPart(string Text, string Thinking, string? DoneReason, GenerationMetrics? Metrics)
{
    public static AnswerPart Of(Token token) => token.IsThought ? new("", token.Text, null, null) : new(token.Text, "", null, null);
}

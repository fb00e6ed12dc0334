namespace OllamaProxy.Simulator.Generation;

/// <summary>One token of an answer, said or thought, or a whole call of a tool.</summary>
internal readonly record struct Token(string Text, bool IsThought, ToolCall? ToolCall = null)
{
    /// <summary>A number for the <c>context</c> of an answer. It means nothing, and is the same for the same text.</summary>
    public int Id => Text.Aggregate(0, (id, character) => ((id * 31) + character) & 0x7FFF);

    /// <summary>What is said; empty for a thought.</summary>
    public string Said => IsThought ? "" : Text;

    /// <summary>What is thought; empty if it is said.</summary>
    public string Thought => IsThought ? Text : "";
}

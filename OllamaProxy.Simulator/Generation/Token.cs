namespace OllamaProxy.Simulator.Generation;

/// <summary>A token of an answer: text, thinking, or a whole tool call.</summary>
internal readonly record struct Token(string Text, bool IsThought, ToolCall? ToolCall = null)
{
    /// <summary>A number for the <c>context</c> of an answer, without meaning, but always the same for the same text.</summary>
    public int Id => Text.Aggregate(0, (id, character) => ((id * 31) + character) & 0x7FFF);

    /// <summary>The text of the answer; empty for thinking.</summary>
    public string Said => IsThought ? "" : Text;

    /// <summary>The text of the thinking; empty for an answer.</summary>
    public string Thought => IsThought ? Text : "";
}

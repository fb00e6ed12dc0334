namespace OllamaProxy.Simulator;

/// <summary>One token of an answer, said or thought.</summary>
internal readonly record struct Token(string Text, bool IsThought)
{
    /// <summary>A number for the <c>context</c> of an answer. It means nothing, and is the same for the same text.</summary>
    public int Id => Text.Aggregate(0, (id, character) => ((id * 31) + character) & 0x7FFF);
}

namespace OllamaProxy.Prompts;

/// <summary>A part of what is generated.</summary>
/// <param name="Offset">How much there was before it.</param>
/// <param name="Text">A part of the answer; may be empty.</param>
/// <param name="Thinking">A part of what the model thinks before it answers; may be empty.</param>
public sealed record TextChunk(TextOffset Offset, string Text, string Thinking)
{
    /// <summary>How much there is with it.</summary>
    public TextOffset End => new(Offset.Text + Text.Length, Offset.Thinking + Thinking.Length);

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Text.Length == 0 && Thinking.Length == 0;

    /// <summary>What of it is beyond <paramref name="offset"/>, which must not be before it.</summary>
    public TextChunk After(TextOffset offset) => new(
        offset, Text[Math.Min(offset.Text - Offset.Text, Text.Length)..], Thinking[Math.Min(offset.Thinking - Offset.Thinking, Thinking.Length)..]);
}

/// <summary>How much of what is generated somebody has, in UTF-16 characters.</summary>
/// <param name="Text">Of the answer.</param>
/// <param name="Thinking">Of what the model thinks before it answers.</param>
public readonly record struct TextOffset(int Text, int Thinking);

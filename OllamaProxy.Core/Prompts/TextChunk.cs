namespace OllamaProxy.Prompts;

/// <summary>A part of a generated text.</summary>
/// <param name="Offset">How much of the text comes before it.</param>
/// <param name="Text">A part of the answer; may be empty.</param>
/// <param name="Thinking">A part of the model's thinking; may be empty.</param>
public sealed record TextChunk(TextOffset Offset, string Text, string Thinking)
{
    /// <summary>How much of the text there is up to its end.</summary>
    public TextOffset End => new(Offset.Text + Text.Length, Offset.Thinking + Thinking.Length);

    /// <summary>Whether it contains no text.</summary>
    public bool IsEmpty => Text.Length == 0 && Thinking.Length == 0;

    /// <summary>The part of it beyond <paramref name="offset"/>, which must not be before its own offset.</summary>
    public TextChunk After(TextOffset offset) => new(
        offset,
        Text[Math.Min(offset.Text - Offset.Text, Text.Length)..],
        Thinking[Math.Min(offset.Thinking - Offset.Thinking, Thinking.Length)..]);
}

/// <summary>A position in a generated text, in UTF-16 characters.</summary>
/// <param name="Text">The position in the answer.</param>
/// <param name="Thinking">The position in the model's thinking.</param>
public readonly record struct TextOffset(int Text, int Thinking);

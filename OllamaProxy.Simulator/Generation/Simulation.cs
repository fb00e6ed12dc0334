namespace OllamaProxy.Simulator.Generation;

/// <summary>What the simulator says. The same prompt always has the same answer.</summary>
public static class Simulation
{
    private const int QuotedLength = 80;

    /// <summary>What it thinks, where a request asks for that, as tokens. They come before those of the answer.</summary>
    public static IReadOnlyList<string> Thoughts { get; } = Split("Nothing here thinks. This only shows where a model would.");

    /// <summary>The answer to a prompt: one paragraph that says whose answer it is and quotes the prompt's beginning.</summary>
    public static string AnswerTo(string prompt) => $"This is the Simulator, not a language model. You asked: \"{Quote(prompt)}\"";

    /// <summary>The answer's tokens: words with the space before them. Put together they are the answer.</summary>
    /// <param name="prompt">What is asked.</param>
    /// <param name="count">How many tokens the answer has, by repeating or cutting it; its own number if null.</param>
    public static IReadOnlyList<string> TokensOf(string prompt, int? count = null)
    {
        var tokens = Split(AnswerTo(prompt));
        if (count is not { } wanted) return tokens;
        if (wanted <= tokens.Count) return tokens.GetRange(0, wanted);

        var again = " " + tokens[0];
        return [.. Enumerable.Range(0, wanted).Select(i => i > 0 && i % tokens.Count == 0 ? again : tokens[i % tokens.Count])];
    }

    private static string Quote(string prompt)
    {
        var words = prompt.AsSpan().Trim();
        if (words.Length <= QuotedLength) return OneLine(words);
        var end = char.IsHighSurrogate(words[QuotedLength - 1]) ? QuotedLength - 1 : QuotedLength;
        return OneLine(words[..end]) + "…";
    }

    private static string OneLine(ReadOnlySpan<char> words) =>
        string.Join(' ', words.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    internal static List<string> Split(string answer)
    {
        var tokens = new List<string>();
        for (var start = 0; start < answer.Length;)
        {
            var space = answer.IndexOf(' ', start + 1);
            var end = space < 0 ? answer.Length : space;
            tokens.Add(answer[start..end]);
            start = end;
        }

        return tokens;
    }
}

namespace OllamaProxy.Simulator.Generation;

/// <summary>The texts that the simulator generates. The same prompt always has the same answer.</summary>
public static class Simulation
{
    private const int QuotedLength = 80;

    /// <summary>The tokens of the thinking, where a request asks for that. They come before those of the answer.</summary>
    public static IReadOnlyList<string> Thoughts { get; } = Split("Nothing here thinks. This only shows where a model would.");

    /// <summary>The answer to a prompt: one paragraph that says that there is no model, and quotes the beginning of the prompt.</summary>
    public static string AnswerTo(string prompt) => $"This is the Simulator, not a language model. You asked: \"{Quote(prompt)}\"";

    /// <summary>The tokens of the answer: words with the space before them. Joined they are the answer.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="count">How many tokens the answer has: it is repeated or cut. Null: its natural length.</param>
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

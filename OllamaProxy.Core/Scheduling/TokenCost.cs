using OllamaProxy.Prompts;

namespace OllamaProxy.Scheduling;

/// <summary>What an attempt costs: its tokens, of which those that are generated take most of the time.</summary>
public static class TokenCost
{
    /// <summary>The cost of a token of the prompt.</summary>
    public const double PerPromptToken = 1;

    /// <summary>The cost of a generated token.</summary>
    public const double PerGeneratedToken = 2;

    /// <summary>The least cost of an attempt: one that fails at once is not free.</summary>
    public const double Least = 1;

    /// <summary>How many characters are taken for a token where Ollama did not count.</summary>
    private const int CharactersPerToken = 4;

    /// <summary>The cost of these tokens.</summary>
    public static double Of(long promptTokens, long generatedTokens) =>
        Math.Max(Least, (PerPromptToken * promptTokens) + (PerGeneratedToken * generatedTokens));

    /// <summary>
    /// The cost of an attempt with this result, by Ollama's own counts. Ollama does not count the tokens of an attempt that was ended
    /// early: these are estimated from what was generated.
    /// </summary>
    public static double Of(PromptResult result) => Of(
        result.Statistics.PromptEvalCount ?? 0,
        result.Statistics.EvalCount ?? (result.Text.Length + (result.Thinking?.Length ?? 0)) / CharactersPerToken);
}

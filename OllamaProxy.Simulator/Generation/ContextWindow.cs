namespace OllamaProxy.Simulator.Generation;

/// <summary>How much of a prompt fits the context of a model.</summary>
internal static class ContextWindow
{
    private const int DefaultKept = 4;

    /// <summary>
    /// How many tokens are left of a prompt: all of them where there is room for one more, else those to keep and the last half of the
    /// others, so that there is room for the answer (Ollama, <c>llm/llama_server.go</c>: <c>contextShiftPromptLimit</c>).
    /// </summary>
    /// <param name="tokens">How many the prompt has.</param>
    /// <param name="contextLength">How many the context holds.</param>
    /// <param name="kept">How many at the beginning are kept; null: the default; negative: as many as can be.</param>
    public static int Fit(int tokens, int contextLength, int? kept)
    {
        if (tokens < contextLength) return tokens;
        var keep = kept is < 0 ? contextLength - 1 : Math.Min(kept ?? DefaultKept, contextLength - 1);
        return contextLength - Math.Max((contextLength - keep) / 2, 1);
    }
}

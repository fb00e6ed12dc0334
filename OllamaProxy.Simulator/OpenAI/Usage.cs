using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.OpenAI;

/// <summary>Writes the <c>usage</c> of completions.</summary>
internal static class Usage
{
    public static JsonObject Of(int promptTokens, int tokens) => new()
    {
        ["prompt_tokens"] = promptTokens,
        ["completion_tokens"] = tokens,
        ["total_tokens"] = promptTokens + tokens,
    };
}

namespace OllamaProxy.Protocol;

/// <summary>
/// The ids of responses (<c>/v1/responses</c>), made of those of their prompts. Ollama's are <c>resp_</c> and a number below 999,999, so
/// that two responses can have the same.
/// </summary>
internal static class ResponseId
{
    private const string Prefix = "resp_";

    /// <summary>The id of the response to a prompt.</summary>
    public static string Of(Guid prompt) => $"{Prefix}{prompt:N}";

    /// <summary>The prompt that an id is of; null: it is none of ours.</summary>
    public static Guid? Parse(string? id) => id is not null && id.StartsWith(Prefix, StringComparison.Ordinal)
        && Guid.TryParseExact(id.AsSpan(Prefix.Length), "N", out var prompt) && Of(prompt) == id ? prompt : null;
}

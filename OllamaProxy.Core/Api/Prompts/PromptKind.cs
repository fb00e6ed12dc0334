using OllamaProxy.Prompts;
using OllamaProxy.Protocol;

namespace OllamaProxy.Api.Prompts;

/// <summary>What a prompt asks a model for, and by which route, as clients see it.</summary>
internal static class PromptKind
{
    private const string Submitted = "/" + Routes.Submit;

    /// <summary><c>generate</c>, <c>chat</c> or <c>embed</c>.</summary>
    public static string Of(Prompt prompt) => (prompt.Endpoint is { } path ? ApiRoute.Find(path)?.Kind : null) switch
    {
        CallKind.Chat => "chat",
        CallKind.Embed => "embed",
        _ => "generate",
    };

    /// <summary>The route that it came in by.</summary>
    public static string EndpointOf(Prompt prompt) => prompt.Endpoint ?? Submitted;
}

using Microsoft.AspNetCore.Http;
using OllamaProxy.Api.Http;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;

namespace OllamaProxy.Api.Callers;

/// <summary>Finds the prompt that a route names, unless it is somebody else's: then there is none, as far as the caller can tell.</summary>
public sealed class OwnPrompts(IPromptReader reader)
{
    /// <summary>The prompt; null: there is none that the caller may know of.</summary>
    public async Task<Prompt?> FindAsync(HttpContext context) =>
        RouteId.Uuid(context) is { } id && await reader.FindAsync(id, context.RequestAborted) is { } prompt && context.Caller().Sees(prompt)
            ? prompt : null;

    /// <summary>Its id, for what changes it; null as above. It is looked at only where it could be somebody else's.</summary>
    public async Task<Guid?> FindIdAsync(HttpContext context) =>
        context.Caller().SeesAll ? RouteId.Uuid(context) : (await FindAsync(context))?.Id;
}

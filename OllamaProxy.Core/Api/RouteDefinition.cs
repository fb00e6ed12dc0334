using OllamaProxy.Api.Callers;

namespace OllamaProxy.Api;

/// <summary>A route with its methods and what answers it.</summary>
/// <param name="Pattern">One of <see cref="Routes"/>.</param>
/// <param name="Methods">The HTTP methods, upper case.</param>
/// <param name="Handler">What answers.</param>
/// <param name="Access">Who is let in where keys are needed.</param>
public sealed record RouteDefinition(
    string Pattern, IReadOnlyList<string> Methods, Handler Handler, RouteAccess Access = RouteAccess.Owner);

using System.Net;

namespace OllamaProxy.Simulator.Http;

/// <summary>
/// Answers 403 to a foreign <c>Host</c> or <c>Origin</c>, as Ollama does against DNS rebinding. So tests notice a proxy that forwards these
/// headers of its clients.
/// </summary>
internal static class CallerCheck
{
    private static readonly string[] LocalSuffixes = [".localhost", ".local", ".internal"];
    private static readonly string[] DesktopSchemes = ["app", "file", "tauri", "vscode-webview", "vscode-file"];

    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (IsLocal(context.Request.Host.Host) && IsKnown(context.Request.Headers.Origin)) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private static bool IsLocal(string host) =>
        host is "" or "localhost" || IPAddress.TryParse(host, out _)
        || LocalSuffixes.Any(suffix => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase));

    private static bool IsKnown(string? origin) =>
        string.IsNullOrEmpty(origin)
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (uri.IsLoopback || uri.Host == "0.0.0.0" || DesktopSchemes.Contains(uri.Scheme)));
}

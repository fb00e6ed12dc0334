using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>An Ollama that answers as a test says, and a proxy that lets models be managed.</summary>
internal static class ForwarderRig
{
    /// <summary>An Ollama that knows its version.</summary>
    public static Task<RawOllama> OllamaAsync(RequestDelegate answer) => RawOllama.AnswerAllAsync(context =>
        context.Request.Path.Value!.EndsWith("/api/version", StringComparison.Ordinal)
            ? AnswerAsync(context, 200, """{"version":"0.0.0"}""") : answer(context));

    public static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(body);
    }

    public static Task<RunningProxy> StartAsync(string host, string url) =>
        RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_URL", url), ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
}

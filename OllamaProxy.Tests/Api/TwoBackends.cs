using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api;

/// <summary>A proxy in front of two Ollamas, and what the tests of backends have in common.</summary>
internal sealed record TwoBackends(RunningProxy Proxy, OllamaSimulator One, OllamaSimulator Two) : IAsyncDisposable
{
    public static async Task<TwoBackends> StartAsync(
        string[] one, string[] two, string optionsOfTwo = "", params (string Name, string Value)[] settings)
    {
        var first = await OllamaSimulator.StartAsync(new() { Models = one });
        var second = await OllamaSimulator.StartAsync(new() { Models = two });
        var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            [("OLLAMA_URL", $"{first.BaseAddress},{second.BaseAddress}{optionsOfTwo}"), .. settings]);
        var rig = new TwoBackends(proxy, first, second);
        await Eventually.NotNull(async () => await rig.AreKnownAsync() ? "" : null, "both to be known");
        return rig;
    }

    public static async Task<IEnumerable<string?>> NamesAsync(RunningProxy proxy, string path, string list, string name) =>
        (await proxy.GetAsync(path)).GetProperty(list).EnumerateArray().Select(model => CallTests.Text(model, name)).Order();

    /// <summary>An Ollama whose list is empty.</summary>
    public static Task<RawOllama> UnlistedAsync(RequestDelegate answer) => RawOllama.AnswerAllAsync(async context =>
    {
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.WriteAsync(context.Request.Path == "/api/version" ? """{"version":"0.33.0"}""" : """{"models":[]}""");
        else
            await answer(context);
    });

    public async ValueTask DisposeAsync()
    {
        await One.DisposeAsync();
        await Two.DisposeAsync();
        await Proxy.DisposeAsync();
    }

    /// <summary>
    /// Whether the scheduler knows of both, of which clients can be told earlier. Only a published server is asked for its metrics: those
    /// of proxies in one process are one for all, and what one of them adds is lost for good as soon as another one ends.
    /// </summary>
    private async Task<bool> AreKnownAsync()
    {
        if (ServerBinary.Path is null)
            return Proxy.Services.GetRequiredService<BackendPool>().All.All(backend => backend.State.IsReachable);
        var metrics = await Proxy.Client.GetStringAsync("/metrics");
        return IsUp(metrics, One) && IsUp(metrics, Two);
    }

    private static bool IsUp(string metrics, OllamaSimulator ollama) => metrics.Split('\n').Any(line =>
        line.StartsWith("ollama_proxy_backend_up{", StringComparison.Ordinal)
        && line.Contains($"backend=\"{ollama.BaseAddress}\"}} 1", StringComparison.Ordinal));
}

using System.Net;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Health;

/// <summary>What watchers of the process are told.</summary>
public sealed class ReadinessTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task It_is_ready_while_Ollama_answers_and_not_while_it_is_away(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await WhenAsync(proxy, HttpStatusCode.OK, """{"status":"ready","store":true,"worker":true,"backend":true}""");

        await proxy.Ollama.RefuseAsync();
        await proxy.SubmitAsync(new { prompt = "Finds that it is away." });
        await WhenAsync(proxy, HttpStatusCode.ServiceUnavailable, """{"status":"not_ready","store":true,"worker":true,"backend":false}""");

        await proxy.Ollama.AcceptAsync();
        await WhenAsync(proxy, HttpStatusCode.OK, """{"status":"ready","store":true,"worker":true,"backend":true}""");
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_only_serves_looks_at_its_store_alone(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_WORKER", "0"));
        await WhenAsync(proxy, HttpStatusCode.OK, """{"status":"ready","store":true}""");
    }

    [SqliteTheory]
    [MemberData(nameof(Hosts))]
    public async Task It_is_not_ready_while_the_store_takes_no_writes(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_WORKER", "0"));
        using (StorageRig.Lock(proxy.DatabasePath))
            await WhenAsync(proxy, HttpStatusCode.ServiceUnavailable, """{"status":"not_ready","store":false}""");
        await WhenAsync(proxy, HttpStatusCode.OK, """{"status":"ready","store":true}""");
    }

    private static Task<string> WhenAsync(RunningProxy proxy, HttpStatusCode status, string body) => Eventually.NotNull(async () =>
    {
        using var response = await proxy.Client.GetAsync("/readyz");
        return response.StatusCode == status && await response.Content.ReadAsStringAsync() == body ? body : null;
    }, body);
}

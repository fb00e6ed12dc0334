using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Storage;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Telemetry;

namespace OllamaProxy.Tests.Worker.Attempts;

/// <summary>
/// Ollama has a prompt while its claim is being written to the disk, and it is broken off if that fails. Never at the same time as tests
/// that listen to traces: no call is early while somebody does.
/// </summary>
[Collection(nameof(PromptTraceTests))]
public sealed class EarlyCallTests
{
    private const string Body = """{"model":"tiny","prompt":"hi","stream":false}""";

    [SqliteTheory]
    [InlineData("/api/generate")]
    [InlineData("/api/v1/prompt")]
    public async Task Where_a_claim_cannot_be_committed_its_call_is_broken_off_and_the_slot_is_free_again(string path)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var writer = await StorageRig.WriterOfAsync(proxy.Services.GetRequiredService<IPromptStore>());
        proxy.Ollama.Faults.Enqueue(Fault.Hang, 100);
        SQLitePCL.raw.sqlite3_commit_hook(writer.Handle, _ =>
        {
            // Not for long: it may be the commit of something else that the server writes.
            proxy.Ollama.Requests.WaitForAsync(1).Wait(TimeSpan.FromSeconds(1));
            return 1;
        }, null);

        await Eventually.NotNull(async () =>
        {
            using var refused = await proxy.Client.SendAsync(CallTests.Post(path, Body));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            return proxy.Ollama.Requests.Count > 0 ? "Ollama was asked" : null;
        });
        await Eventually.True(() => proxy.Ollama.Requests.Running == 0);
        proxy.Ollama.Faults.Clear();

        SQLitePCL.raw.sqlite3_commit_hook(writer.Handle, null, null);
        using var answered = await proxy.Client.SendAsync(CallTests.Post("/api/generate", Body));
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        Assert.Equal(1, proxy.Ollama.Requests.MaxRunning);
    }
}

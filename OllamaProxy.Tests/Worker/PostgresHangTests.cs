using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Worker;

/// <summary>The database neither answers nor refuses, as when a switch on the way to it has lost its power.</summary>
public sealed class PostgresHangTests
{
    [StoreFact]
    public async Task A_generation_ends_with_its_lease_though_the_database_does_not_answer()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var relay = new NetworkRelay((await Clusters.SharedAsync()).Port);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_STORE", "postgres"),
            ("OLLAMA_PROXY_POSTGRES", $"Host=127.0.0.1;Port={relay.Port};Username=postgres;Database={database.Name}"),
            ("OLLAMA_PROXY_LEASE_SECONDS", "2"));
        proxy.Ollama.Faults.Enqueue(Fault.Hang);
        await proxy.SubmitAsync(new { prompt = "hello" });
        await proxy.Ollama.Requests.WaitForAsync(1).WaitAsync(TimeSpan.FromSeconds(20));

        // Until then nobody else may run it; from then on, somebody may.
        relay.StallFor(TimeSpan.FromMinutes(1));
        var request = proxy.Ollama.Requests.All[0];
        await request.Ended.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.True(request.ClosedByClient);
        relay.StallFor(TimeSpan.Zero);
    }

    [StoreFact]
    public async Task A_prompt_is_not_run_on_a_lease_that_ran_out_before_the_database_told_of_it()
    {
        await using var database = await PostgresDatabase.CreateAsync();
        await using var relay = new CommitRelay((await Clusters.SharedAsync()).Port);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_STORE", "postgres"),
            ("OLLAMA_PROXY_POSTGRES", $"Host=127.0.0.1;Port={relay.Port};Username=postgres;Database={database.Name}"),
            ("OLLAMA_PROXY_LEASE_SECONDS", "3"), ("Logging:LogLevel:Default", "Warning"),
            ("Logging:Console:LogLevel:Default", "None"));
        using var log = new LogRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);

        // Within this time the lease runs out by the database's clock, and nothing can be seen to wait for.
        relay.OnCommit = async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(4));
            return true;
        };
        var id = await proxy.SubmitAsync(new { prompt = "hello" });
        var told = $"Prompt {id}: the database told only after its lease had run out";
        await Eventually.NotNull(() => Task.FromResult(log.Lines.FirstOrDefault(line => line.Contains(told))), told);
        Assert.Equal(0, proxy.Ollama.Requests.Count);
        relay.OnCommit = null;

        Assert.Equal("completed", (await proxy.ResultAsync(id)).GetProperty("status").GetString());
        Assert.Single(proxy.Ollama.Requests.All);
    }
}

using System.Net.Http.Json;
using OllamaProxy.Prompts;
using OllamaProxy.Simulator;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Postgres;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Postgres;

namespace OllamaProxy.Tests.Storage.Postgres;

/// <summary>Several instances on one database, behind pgbouncer in transaction mode.</summary>
public sealed class PoolerTests : IAsyncLifetime
{
    private static readonly ClaimTerms Terms = new(1000, TimeSpan.FromMinutes(1), 3, "here");

    private PostgresDatabase _database = null!;
    private string _pooled = null!;

    public async Task InitializeAsync()
    {
        _database = await PostgresDatabase.CreateAsync();
        _pooled = (await Pgbouncer.SharedAsync()).ConnectionString(_database.Name);
    }

    public async Task DisposeAsync() => await _database.DisposeAsync();

    [StoreFact]
    public async Task Instances_share_its_few_connections_and_no_prompt_is_lost_or_claimed_twice()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            PostgresPromptStore.OpenAsync(_pooled, null, TimeProvider.System))));
        var added = await Task.WhenAll(Enumerable.Range(0, 200).Select(n => Task.Run(async () =>
            (await stores[n % 4].AddAsync(new($"{n}", "m", "{}"u8.ToArray()), 0, default)).Prompt)));
        var claims = await Task.WhenAll(stores.SelectMany(store => added.Select(prompt =>
            Task.Run(() => store.ClaimAsync(prompt.Seq, Terms, default)))));
        var claimed = claims.OfType<ClaimedPrompt>().ToList();
        Assert.Equal(added.Select(prompt => prompt.Id).Order(), claimed.Select(prompt => prompt.Id).Order());

        var settled = await Task.WhenAll(claimed.Select((prompt, n) => Task.Run(() =>
            stores[n % 4].CompleteAsync(prompt.Lease, new("done", null, GenerationStatistics.None), default))));

        Assert.DoesNotContain(false, settled);
        Assert.Equal(200, (await stores[0].CountAsync(null, null, default))[PromptStatus.Completed]);
        foreach (var store in stores)
            await store.DisposeAsync();
    }

    /// <summary>LISTEN through the pooler hears nothing, and says nothing of it: then the database is looked at now and then.</summary>
    [StoreTheory]
    [InlineData("by a direct connection")]
    [InlineData("off")]
    [InlineData("through the pooler")]
    public async Task Two_servers_run_all_prompts_and_calls_however_they_listen(string how)
    {
        var listen = how switch
        {
            "off" => "off",
            "through the pooler" => "",
            _ => _database.ConnectionString,
        };
        await using var ollama = await OllamaSimulator.StartAsync();
        (string, string)[] settings =
        [
            ("OLLAMA_PROXY_STORE", "postgres"), ("OLLAMA_PROXY_POSTGRES", _pooled), ("OLLAMA_PROXY_POSTGRES_LISTEN", listen),
            ("OLLAMA_URL", ollama.BaseAddress.ToString()), ("OLLAMA_POLL_INTERVAL", "0.1"),
        ];
        await using var one = await RunningProxy.StartAsync(ProxyHosts.Server, null, settings);
        await using var serving = await RunningProxy.StartAsync(
            ProxyHosts.Server, null, [.. settings, ("OLLAMA_PROXY_WORKER", "0")]);

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(n =>
            (n % 2 == 0 ? one : serving).SubmitAsync(new { prompt = $"prompt {n}" })));
        var answer = await serving.Client.PostAsJsonAsync(
            "/api/generate", new { model = "llama3.2", prompt = "And this?", stream = false });

        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        foreach (var id in ids)
            Assert.Equal("completed", (await serving.ResultAsync(id)).GetProperty("status").GetString());
        Assert.Equal(21, ollama.Requests.Count);
    }
}

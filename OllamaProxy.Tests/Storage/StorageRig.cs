using System.Net;
using System.Net.Http.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Prompts;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Storage;

/// <summary>The API on a store that tests break. Nothing runs, and a lock is waited for only for a second.</summary>
internal sealed class StorageRig : IAsyncDisposable
{
    /// <summary>A text of many pages of the file.</summary>
    public static readonly string LargeText = new('x', 1_000_000);

    private StorageRig(RunningProxy proxy, SqliteConnection writer) => (Proxy, Writer) = (proxy, writer);

    public RunningProxy Proxy { get; }

    /// <summary>The connection that writes.</summary>
    public SqliteConnection Writer { get; }

    public static async Task<StorageRig> StartAsync()
    {
        var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"));
        return new(proxy, await WriterOfAsync(proxy.Services.GetRequiredService<IPromptStore>()));
    }

    /// <summary>A store's connection that writes, which waits for a lock for no more than a second from now on.</summary>
    public static async Task<SqliteConnection> WriterOfAsync(IPromptStore store)
    {
        var writer = await ((SqlitePromptStore)store).WriteAsync((session, _) => session.Connection, default);
        SQLitePCL.raw.sqlite3_busy_timeout(writer.Handle, 1000);
        return writer;
    }

    /// <summary>Takes the lock for writing, as another process would, until it is disposed.</summary>
    public static SqliteConnection Lock(string path)
    {
        var connection = Open(path);
        connection.Execute("BEGIN IMMEDIATE");
        return connection;
    }

    /// <summary>A connection as another process has it.</summary>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    public static SqlitePromptStore OpenStore(string path) => SqlitePromptStore.Open(path, "llama3.2", TimeProvider.System);

    public static Task<Submission> AddAsync(SqlitePromptStore store, string prompt) =>
        store.AddAsync(new(prompt, "llama3.2", "{}"u8.ToArray()), 0, default);

    public Task<string> SubmitAsync(string prompt) => Proxy.SubmitAsync(new { prompt });

    /// <summary>Every way to submit must answer 503; returns the words of it, which must be the same for all.</summary>
    public async Task<string> AssertRefusedAsync(bool mayPass, string prompt = "refused")
    {
        var words = new HashSet<string>();
        foreach (var send in new Func<Task<HttpResponseMessage>>[]
        {
            () => Proxy.Client.PostAsJsonAsync("/api/v1/prompt", new { prompt }),
            () => Proxy.Client.PutAsJsonAsync($"/api/v1/prompt/{Guid.NewGuid()}", new { prompt }),
            () => Proxy.Client.PostAsJsonAsync("/api/v1/prompts", new[] { new { prompt = "small" }, new { prompt } }),
        })
        {
            using var response = await send();
            words.Add((await Problem.OfAsync(response, (int)HttpStatusCode.ServiceUnavailable)).Detail);
            Assert.Equal(mayPass, response.Headers.RetryAfter is not null);
        }
        return Assert.Single(words);
    }

    /// <summary>The store holds these prompts and no others, reads work, and the file is sound.</summary>
    public async Task AssertHoldsAsync(params string[] ids)
    {
        var list = await Proxy.GetAsync("/api/v1/prompts?page_size=100");
        Assert.Equal(
            ids.Order(), list.GetProperty("prompts").EnumerateArray().Select(prompt => prompt.GetProperty("id").GetString()!).Order());
        Assert.Equal(ids.Length, list.GetProperty("total").GetInt32());
        foreach (var id in ids)
            Assert.Equal("queued", (await Proxy.StatusAsync(id)).GetProperty("status").GetString());
        AssertSound(Proxy.DatabasePath, ids.Length);
    }

    /// <summary>The file holds as many prompts, and its pages and counts agree with them.</summary>
    public static void AssertSound(string path, int prompts)
    {
        using var connection = Open(path);
        using var check = connection.Command("PRAGMA integrity_check");
        Assert.Equal("ok", check.ExecuteScalar());
        Assert.Equal(prompts, connection.Number("SELECT count(*) FROM prompts"));
        Assert.Equal(0, connection.Number(
            "SELECT count(*) FROM counts WHERE prompts <> (SELECT count(*) FROM prompts WHERE prompts.status = counts.status)"));
        Assert.Equal(
            connection.Number("SELECT seq FROM sqlite_sequence WHERE name = 'prompts'"),
            connection.Number("SELECT (SELECT count(*) FROM prompts) + (SELECT coalesce(sum(prompts), 0) FROM removals)"));
        Assert.Equal(
            0, connection.Number("SELECT count(*) FROM leases WHERE seq NOT IN (SELECT seq FROM prompts WHERE status = 'processing')"));
    }

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}

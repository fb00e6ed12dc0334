using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Storage.Texts;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Storage.Sqlite;

/// <summary>
/// A bit of a stored text changes in the file, as disks and copies do it: SQLite does not notice, and nobody gets wrong words.
/// </summary>
public sealed class DamagedTextTests
{
    /// <summary>What stands in the middle of each text, and is damaged there.</summary>
    private const string Marker = "the-word-that-is-damaged";

    private static readonly ClaimTerms Terms = new(1, TimeSpan.FromMinutes(1), 3, "here") { Worker = Guid.NewGuid() };

    public static TheoryData<string, int> Texts
    {
        get
        {
            var texts = new TheoryData<string, int>();
            foreach (var kind in new[] { "result", "thinking", "partial", "response", "prompt" })
                foreach (var length in new[] { 0, 1000, 5000, 100_000, 250_000, 300_000, 3_000_000 })
                    texts.Add(kind, length);
            return texts;
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_text_with_a_changed_bit_is_500_or_where_it_is_long_breaks_off_before_it(string kind, int length)
    {
        await using var proxy = await StartAsync();
        var id = await StoreAsync(proxy, kind, length);
        var path = $"/api/v1/prompt/{id}{kind switch { "prompt" => "", "response" => "/response", _ => "/result" }}";
        var before = await proxy.Client.GetStringAsync(path);
        Assert.Contains(Marker, before, StringComparison.Ordinal);

        (await StorageRig.WriterOfAsync(proxy.Services.GetRequiredService<IPromptStore>())).Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        Damage(proxy.DatabasePath);
        await proxy.RestartAsync();

        var (status, body) = await GetAsync(proxy.Client, path);
        if (status == HttpStatusCode.OK)
        {
            // It was long, and its beginning was sound.
            Assert.True(length > 250_000);
            Assert.Null(body);
            return;
        }
        Assert.Equal(HttpStatusCode.InternalServerError, status);
        Assert.Contains("is damaged in the database: it is not what was stored", body, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker[..5], body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_text_is_a_line_in_the_log()
    {
        using var folder = new TempFolder();
        await using (var store = SqlitePromptStore.Open(folder.File("queue.db"), "m", TimeProvider.System))
            await store.AddAsync(new(Text(1000), "m", "{}"u8.ToArray()) { Id = Guid.Parse("0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a") }, 0,
                default);
        Damage(folder.File("queue.db"));
        using var server = new ServerProcess(folder, "--urls http://127.0.0.1:0", ("OLLAMA_PROXY_WORKER", "0"));
        using var client = await server.ClientAsync();

        using var response = await client.GetAsync("/api/v1/prompt/0d9af21d-6d7f-4d64-8b34-8b0c7e1d2f3a");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await Eventually.True(() => server.Output.Contains(
            "8b0c7e1d2f3a failed. The text of this prompt is damaged in the database", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(false, 100_000)]
    [InlineData(true, 0)]
    [InlineData(true, 100_000)]
    public async Task A_prompt_or_call_with_a_changed_bit_is_not_sent_to_Ollama_and_those_behind_it_are(bool isCall, int length)
    {
        await using var rig = await WorkerRig.StartAsync();
        var prompt = new NewPrompt(isCall ? "call" : Text(length), "llama3.2", "{}"u8.ToArray());
        if (isCall)
            prompt = prompt with
            {
                Call = new("/api/generate", "", HeaderList.Empty,
                    Encoding.UTF8.GetBytes($$"""{"model":"llama3.2","prompt":"{{Text(length)}}"}""")),
            };
        var damaged = (await rig.Store.AddAsync(prompt, 0, default)).Prompt.Id;
        var next = await rig.SubmitAsync("next");
        (await StorageRig.WriterOfAsync(rig.Store)).Execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA cache_size = 0");
        Damage(rig.DatabasePath);

        _ = rig.Drain();

        Assert.Equal(PromptStatus.Completed, (await rig.WhenEndedAsync(next)).Status);
        var failed = await rig.WhenEndedAsync(damaged);
        Assert.Equal(PromptStatus.Failed, failed.Status);
        Assert.Contains("damaged in the database", failed.Error, StringComparison.Ordinal);
        Assert.Equal(1, rig.Ollama.Requests.Count);
        Assert.Contains(rig.Log.Lines, line => line.Contains("damaged in the database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_script_writes_has_no_checksum_and_is_read_as_it_is()
    {
        await using var proxy = await StartAsync();
        var queued = await StoreAsync(proxy, "prompt", 1000);
        var ended = await StoreAsync(proxy, "result", 1000);
        using (var connection = StorageRig.Open(proxy.DatabasePath))
            connection.Execute($"""
                UPDATE prompts SET prompt = 'changed' WHERE id = '{queued}';
                UPDATE prompts SET result = 'changed too' WHERE id = '{ended}'
                """);

        Assert.Equal("changed", (await proxy.GetAsync($"/api/v1/prompt/{queued}")).GetProperty("prompt").GetString());
        Assert.Equal("changed too", (await proxy.GetAsync($"/api/v1/prompt/{ended}/result")).GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_result_that_takes_the_place_of_another_has_a_checksum_of_its_own()
    {
        using var folder = new TempFolder();
        await using var store = SqlitePromptStore.Open(folder.File("queue.db"), "m", TimeProvider.System);
        var id = (await store.AddAsync(new("p", "m", "{}"u8.ToArray()), 0, default)).Prompt.Id;
        foreach (var text in new[] { "first", "second", "", "ä\ud800" })
        {
            var claimed = (await store.ClaimAsync(Terms, default))!;
            Assert.Null(claimed.Damage);
            await store.FailAsync(claimed.Lease, "no", new(text + text, "thought " + text, GenerationStatistics.None), default);
            Assert.Equal(text.Replace('\ud800', '\ufffd') + text.Replace('\ud800', '\ufffd'), (await store.WholeResultAsync(id))!.Text);
            await store.RetryAsync(id, default);
        }
    }

    private static Task<RunningProxy> StartAsync() => RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_WORKER", "0"));

    private static async Task<string> StoreAsync(RunningProxy proxy, string kind, int length)
    {
        var store = proxy.Services.GetRequiredService<IPromptStore>();
        var prompt = new NewPrompt(kind == "prompt" ? Text(length) : "p", "m", "{}"u8.ToArray());
        if (kind == "response")
            prompt = prompt with { Call = new("/api/generate", "", HeaderList.Empty, "{}"u8.ToArray()) };
        var id = (await store.AddAsync(prompt, 0, default)).Prompt.Id;
        if (kind == "prompt")
            return id.ToString();
        var claimed = (await store.ClaimAsync(Terms with { Concurrency = 10 }, default))!;
        while (claimed.Id != id)
            claimed = (await store.ClaimAsync(Terms with { Concurrency = 10 }, default))!;
        var result = new PromptResult(kind is "result" or "partial" ? Text(length) : "text", kind == "thinking" ? Text(length) : null,
            GenerationStatistics.None);
        if (kind == "response")
            result = result with { Response = new(200, HeaderList.Empty, Encoding.UTF8.GetBytes(Text(length))) };
        Assert.True(kind == "partial" ? await store.FailAsync(claimed.Lease, "no", result, default)
            : await store.CompleteAsync(claimed.Lease, result, default));
        return id.ToString();
    }

    private static string Text(int length) => new string('x', length / 2) + Marker + new string('y', length / 2);

    /// <summary>Changes a bit of the marker wherever it is in the file.</summary>
    private static void Damage(string path)
    {
        var (bytes, marker) = (File.ReadAllBytes(path), Encoding.ASCII.GetBytes(Marker));
        var found = 0;
        for (var from = 0; bytes.AsSpan(from).IndexOf(marker) is >= 0 and var at; from += at + 1, found++)
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite) { Position = from + at + 8 };
            file.WriteByte((byte)(marker[8] ^ 0x20));
        }
        Assert.NotEqual(0, found);
    }

    /// <summary>The status and the body; null: it broke off.</summary>
    private static async Task<(HttpStatusCode Status, string? Body)> GetAsync(HttpClient client, string path)
    {
        try
        {
            using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (HttpStatusCode.OK, null);
        }
    }
}

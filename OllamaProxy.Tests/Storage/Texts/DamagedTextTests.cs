using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Storage;
using OllamaProxy.Storage.Sqlite.Engine;
using OllamaProxy.Tests.Server;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Worker;

namespace OllamaProxy.Tests.Storage.Texts;

/// <summary>
/// A bit of a stored text changes behind the program's back, as disks and copies do it: the database does not notice, and nobody gets
/// wrong words.
/// </summary>
/// <param name="home">Where the texts are.</param>
/// <param name="longest">The length of the longest text that is looked at before the answer begins.</param>
public abstract class DamagedTextTests(StoreHome home, int longest)
{
    /// <summary>What stands in the middle of each text, and is damaged there.</summary>
    private const string Marker = "the-word-that-is-damaged";

    protected StoreHome Home { get; } = home;

    private static readonly (string, string) NoWorker = ("OLLAMA_PROXY_WORKER", "0");
    private static readonly ClaimTerms Terms = new(100, TimeSpan.FromMinutes(1), 3, "here") { Worker = Guid.NewGuid() };

    [StoreTheory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(5000)]
    [InlineData(100_000)]
    [InlineData(250_000)]
    [InlineData(300_000)]
    [InlineData(3_000_000)]
    public async Task A_text_with_a_changed_bit_is_500_or_where_it_is_long_breaks_off_before_it(int length)
    {
        var paths = new List<string>();
        var store = await Home.OpenAsync(TimeProvider.System);
        foreach (var kind in new[] { "prompt", "response", "result", "thinking", "partial" })
        {
            var route = kind switch { "prompt" => "", "response" => "/response", _ => "/result" };
            paths.Add($"/api/v1/prompt/{await StoreAsync(store, kind, length)}{route}");
        }
        await Home.CloseAsync(store);
        await Home.DamageAsync(Marker);
        await using var proxy = await RunningProxy.StartAsync(Home, ProxyHosts.Server, null, NoWorker);

        foreach (var path in paths)
        {
            var (status, body, isWhole) = await GetAsync(proxy.Client, path);
            Assert.DoesNotContain(Marker[..5], body, StringComparison.Ordinal);
            if (status == HttpStatusCode.OK)
            {
                // It was long, and its beginning was sound.
                Assert.True(length > longest, path);
                Assert.False(isWhole);
                continue;
            }
            Assert.Equal(HttpStatusCode.InternalServerError, status);
            Assert.Contains("is damaged in the database: it is not what was stored", body, StringComparison.Ordinal);
        }
    }

    [StoreFact]
    public async Task A_damaged_text_is_a_line_in_the_log()
    {
        await using var owned = Home;
        var store = await Home.OpenAsync(TimeProvider.System);
        var id = await StoreAsync(store, "prompt", 1000);
        await Home.CloseAsync(store);
        await Home.DamageAsync(Marker);
        using var server = await ServerProcess.StartAsync(Home, "--urls http://127.0.0.1:0", NoWorker);
        using var client = await server.ClientAsync();

        using var response = await client.GetAsync($"/api/v1/prompt/{id}");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await Eventually.True(() => server.Output.Contains(
            $"{id} failed. The text of this prompt is damaged in the database", StringComparison.Ordinal));
    }

    [StoreTheory]
    [InlineData(false, 0)]
    [InlineData(false, 100_000)]
    [InlineData(true, 0)]
    [InlineData(true, 100_000)]
    public async Task A_prompt_or_call_with_a_changed_bit_is_not_sent_to_Ollama_and_those_behind_it_are(bool isCall, int length)
    {
        var time = new FakeTimeProvider(new(2026, 2, 21, 12, 0, 0, TimeSpan.Zero));
        var store = await Home.OpenAsync(time);
        var prompt = New(isCall ? "call" : Text(length));
        if (isCall)
            prompt = prompt with
            {
                Call = new("/api/generate", "", HeaderList.Empty,
                    Encoding.UTF8.GetBytes($$"""{"model":"llama3.2","prompt":"{{Text(length)}}"}""")),
            };
        var damaged = (await store.AddAsync(prompt, 0, default)).Prompt.Id;
        await Home.CloseAsync(store);
        await Home.DamageAsync(Marker);
        await using var rig = await WorkerRig.StartAsync(Home, time, TimeSpan.Zero);
        var next = await rig.SubmitAsync("next");

        _ = rig.Drain();

        Assert.Equal(PromptStatus.Completed, (await rig.WhenEndedAsync(next)).Status);
        var failed = await rig.WhenEndedAsync(damaged);
        Assert.Equal(PromptStatus.Failed, failed.Status);
        Assert.Contains("damaged in the database", failed.Error, StringComparison.Ordinal);
        Assert.Equal(1, rig.Ollama.Requests.Count);
        Assert.Contains(rig.Log.Lines, line => line.Contains("damaged in the database", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task A_result_that_takes_the_place_of_another_has_a_checksum_of_its_own()
    {
        await using var owned = Home;
        var store = await Home.OpenAsync(TimeProvider.System);
        var id = (await store.AddAsync(New("p"), 0, default)).Prompt.Id;
        foreach (var text in new[] { "first", "second", "", "ä\ud800" })
        {
            var claimed = (await store.ClaimAsync(Terms, default))!;
            Assert.Null(claimed.Damage);
            await store.FailAsync(claimed.Lease, "no", new(text + text, "thought " + text, GenerationStatistics.None), default);
            Assert.Equal(text.Replace('\ud800', '\ufffd') + text.Replace('\ud800', '\ufffd'), (await store.WholeResultAsync(id))!.Text);
            await store.RetryAsync(id, default);
        }
    }

    private static NewPrompt New(string text) => new(text, "llama3.2", "{}"u8.ToArray());

    private static async Task<Guid> StoreAsync(IPromptStore store, string kind, int length)
    {
        var prompt = New(kind == "prompt" ? Text(length) : "p");
        if (kind == "response")
            prompt = prompt with { Call = new("/api/generate", "", HeaderList.Empty, "{}"u8.ToArray()) };
        var added = (await store.AddAsync(prompt, 0, default)).Prompt;
        if (kind == "prompt")
            return added.Id;
        var claimed = (await store.ClaimAsync(added.Seq, Terms, default))!;
        var result = new PromptResult(kind is "result" or "partial" ? Text(length) : "text", kind == "thinking" ? Text(length) : null,
            GenerationStatistics.None);
        if (kind == "response")
            result = result with { Response = new(200, HeaderList.Empty, Encoding.UTF8.GetBytes(Text(length))) };
        Assert.True(kind == "partial" ? await store.FailAsync(claimed.Lease, "no", result, default)
            : await store.CompleteAsync(claimed.Lease, result, default));
        return added.Id;
    }

    private static string Text(int length) => new string('x', length / 2) + Marker + new string('y', length / 2);

    /// <summary>The status, the body as far as it came, and whether it did not break off.</summary>
    private static async Task<(HttpStatusCode Status, string Body, bool IsWhole)> GetAsync(HttpClient client, string path)
    {
        using var body = new MemoryStream();
        // A connection that is cut loses what was not read yet, which can be the head, too. An answer with an error is not cut.
        var status = HttpStatusCode.OK;
        try
        {
            using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            status = response.StatusCode;
            await response.Content.CopyToAsync(body);
            return (status, Encoding.UTF8.GetString(body.ToArray()), true);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (status, Encoding.UTF8.GetString(body.ToArray()), false);
        }
    }

    public sealed class OnSqlite() : DamagedTextTests(StoreHome.Sqlite(), longest: 250_000)
    {
        [Fact]
        public async Task What_a_script_writes_has_no_checksum_and_is_read_as_it_is()
        {
            await using var owned = Home;
            var store = await Home.OpenAsync(TimeProvider.System);
            var queued = await StoreAsync(store, "prompt", 1000);
            var ended = await StoreAsync(store, "result", 1000);
            using (var connection = StorageRig.Open(Home.Name))
                connection.Execute($"""
                    UPDATE prompts SET prompt = 'changed' WHERE id = '{queued}';
                    UPDATE prompts SET result = 'changed too' WHERE id = '{ended}'
                    """);

            Assert.Equal("changed", (await store.FindContentAsync(queued, default))!.Text);
            Assert.Equal("changed too", (await store.WholeResultAsync(ended))!.Text);
        }
    }

    public sealed class OnPostgres() : DamagedTextTests(StoreHome.Postgres(), longest: 32 * 1024);
}

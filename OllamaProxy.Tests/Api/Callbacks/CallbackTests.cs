using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Api.Callbacks;

/// <summary>Clients that want to be told how a prompt or a batch ends.</summary>
public sealed class CallbackTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    /// <summary>Fields that are no good, with a part of the message.</summary>
    public static TheoryData<string, string> BadFields => new()
    {
        { """ "callback_url": 7 """, "'callback_url' must be a string" },
        { """ "callback_url": "" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "example.org/hook" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "/hook" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "ftp://example.org/" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "file:///etc/passwd" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "https://exa mple.org/" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "https://example.org/\u0000" """, "'callback_url' must be an address of http or https" },
        { """ "callback_url": "https://me:secret@example.org/" """, "'callback_url' must not hold a user" },
        { """ "callback_url": "http://10.0.0.1/" """, "'callback_url' does not lead to a public address" },
        { """ "callback_url": "http://2852039166/latest/meta-data" """, "'callback_url' does not lead to a public address" },
        { """ "callback_url": "http://0xa9.0376.0xfe.0xfe/" """, "'callback_url' does not lead to a public address" },
        { """ "callback_url": "http://[::ffff:10.0.0.1]/" """, "'callback_url' does not lead to a public address" },
        { """ "callback_url": "https://example.org/", "callback_events": "prompt.failed" """, "'callback_events' must be an array" },
        { """ "callback_url": "https://example.org/", "callback_events": [] """, "'callback_events' must hold at least one of prompt." },
        { """ "callback_url": "https://example.org/", "callback_events": [7] """, "'callback_events' must hold at least one of" },
        { """ "callback_url": "https://example.org/", "callback_events": ["prompt.failed", "x"] """, "'callback_events' must hold" },
        { """ "callback_url": "https://example.org/", "callback_events": ["batch.failed"] """, "'callback_events' must hold" },
        { """ "callback_events": ["prompt.failed"] """, "'callback_events' needs 'callback_url'" },
        { $""" "callback_url": "https://example.org/{new string('x', 2048)}" """, "'callback_url' must have at most 2048 characters" },
    };

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_client_is_told_how_its_prompt_ended(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var id = await proxy.SubmitAsync(new { prompt = "hello", model = "tiny", callback_url = $"{receiver.Url}?key=1" });

        var told = (await receiver.WaitForAsync(1)).Single();
        Assert.Equal(("POST /hook?key=1", "application/json"), (told.Request, told.Headers["Content-Type"]));
        Assert.StartsWith("OllamaProxy/", told.Headers["User-Agent"], StringComparison.Ordinal);
        told.AssertSigned();
        Assert.Equal(
            ("event", "prompt.completed", id, told.Id),
            (told.Event.Text("object"), told.Type, told.Subject, told.Event.Text("id")));
        Assert.InRange(told.Event.GetProperty("created_at").GetInt64(), before, before + 60);
        Assert.Equal(["id", "object", "created_at", "type", "data"], told.Event.EnumerateObject().Select(field => field.Name));

        var callback = await CallbackWhenAsync(proxy, id, "delivered");
        Assert.Equal(
            (told.Id, "prompt.completed", $"{receiver.Url}?key=1", 1, false, false),
            (callback.Text("id"), callback.Text("event"), callback.Text("url"), callback.GetProperty("attempts").GetInt32(),
                callback.TryGetProperty("last_error", out _), callback.TryGetProperty("next_attempt_at", out _)));
        var prompt = await proxy.GetAsync($"/api/v1/prompt/{id}");
        Assert.Equal($"{receiver.Url}?key=1", prompt.Text("callback_url"));
        Assert.Equal(3, prompt.GetProperty("callback_events").GetArrayLength());
        Assert.DoesNotContain("callback", Encoding.UTF8.GetString(proxy.Ollama.Requests.All.Single().Body.Span), StringComparison.Ordinal);
        Assert.False((await proxy.StatusAsync(id)).TryGetProperty("callbacks", out _));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_client_is_told_of_what_it_asked_for_and_each_time_that_it_happens(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        string[] bad = ["prompt.failed", "prompt.cancelled"];
        await proxy.SubmitAsync(new { prompt = "a", model = "tiny", callback_url = receiver.Url, callback_events = bad });
        var failing = await proxy.SubmitAsync(new { prompt = "b", model = "nosuch", callback_url = receiver.Url });
        await receiver.WaitForAsync(1);
        using (var retried = await proxy.Client.PostAsync($"/api/v1/prompt/{failing}/retry", null))
            Assert.Equal(HttpStatusCode.Accepted, retried.StatusCode);
        var told = await receiver.WaitForAsync(2);
        Assert.All(told, each => Assert.Equal(("prompt.failed", failing), (each.Type, each.Subject)));
        Assert.Equal(2, told.DistinctBy(each => each.Id).Count());

        // What was sent is sent again when the prompt is repeated.
        var first = await proxy.SubmitAsync(new { prompt = "c", model = "tiny", callback_url = receiver.Url });
        await receiver.WaitForAsync(3);
        var again = await (await proxy.Client.PostAsync($"/api/v1/prompt/{first}/repeat", null)).Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(again.Text("id"), (await receiver.WaitForAsync(4))[3].Subject);
        using var repeated = await proxy.Client.PostAsJsonAsync($"/api/v1/prompt/{first}/repeat", new { callback_url = (string?)null });
        var quiet = await repeated.Content.ReadFromJsonAsync<JsonElement>();
        Assert.False((await proxy.GetAsync($"/api/v1/prompt/{quiet.Text("id")}")).TryGetProperty("callback_url", out _));
        Assert.Equal(4, receiver.All.Count);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Each_prompt_of_a_batch_has_a_callback_of_its_own(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        var prompts = Enumerable.Range(0, 5).Select(number => new
        {
            prompt = $"{number}",
            model = "tiny",
            callback_url = number == 0 ? null : $"{receiver.Url}/{number}",
        });
        using var response = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", prompts);
        var ids = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("ids").EnumerateArray()
            .Select(id => id.GetString()!).ToList();
        var told = await receiver.WaitForAsync(4);
        Assert.Equal(
            ids.Skip(1).Select((id, index) => ($"POST /hook/{index + 1}", id)), told.Select(each => (each.Request, each.Subject)).Order());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_client_is_told_how_its_batch_ended(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        var input = await proxy.Client.UploadAsync(BatchRig.Line("one", "hello"));
        string[] completed = ["batch.completed"];
        var batch = await CreateAsync(proxy, new
        {
            input_file_id = input,
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = receiver.Url,
            callback_events = completed,
        });
        Assert.Equal((receiver.Url, 1), (batch.Text("callback_url"), batch.GetProperty("callback_events").GetArrayLength()));
        var told = (await receiver.WaitForAsync(1)).Single();
        told.AssertSigned();
        Assert.Equal(("batch.completed", batch.Text("id")), (told.Type, told.Subject));
        var ended = await proxy.GetAsync($"/v1/batches/{batch.Text("id")}");
        Assert.Equal("completed", ended.Text("status"));
        Assert.Equal(told.Id, Assert.Single(ended.GetProperty("callbacks").EnumerateArray()).Text("id"));

        var bad = await CreateAsync(proxy, new
        {
            input_file_id = await proxy.Client.UploadAsync("no JSON"),
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = receiver.Url,
        });
        Assert.Equal(("batch.failed", bad.Text("id")), (await receiver.WaitForAsync(2))[1] is var failed
            ? (failed.Type, failed.Subject) : default);
        using var refused = await proxy.Client.PostAsJsonAsync("/v1/batches", new
        {
            input_file_id = input,
            endpoint = "/v1/chat/completions",
            completion_window = "24h",
            callback_url = "http://10.0.0.1/",
        });
        var error = (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("'callback_url'", error.Text("message"), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_client_is_told_how_its_background_response_ended(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        using var created = await CallAsync($$"""{"model":"nosuch","input":"x","background":true,"callback_url":"{{receiver.Url}}"}""");
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).Text("id");
        var told = (await receiver.WaitForAsync(1)).Single();
        Assert.Equal(("response.failed", id), (told.Type, told.Subject));
        using var again = await proxy.Client.PostAsync($"/api/v1/prompt/{Guid.ParseExact(id["resp_".Length..], "N")}/repeat", null);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.NotEqual(id, (await receiver.WaitForAsync(2))[1].Subject);

        string[] badUrls =
        [
            "7", "\"http://10.0.0.1/\"", "\"\\ud800\"", "\"https://example.org/\",\"callback_events\":[\"prompt.failed\"]",
        ];
        foreach (var bad in badUrls)
        {
            using var refused = await CallAsync($$"""{"model":"tiny","input":"x","background":true,"callback_url":{{bad}}}""");
            var error = await refused.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, $"{bad}: {error}");
            Assert.Contains("'callback_", error.GetProperty("error").Text("message"), StringComparison.Ordinal);
        }

        Task<HttpResponseMessage> CallAsync(string body) => proxy.Client.PostAsync("/v1/responses", new StringContent(body));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Bad_fields_are_400_and_nothing_is_stored(string host)
    {
        await using var proxy = await StartAsync(host);
        foreach (var row in BadFields)
        {
            using var response = await proxy.Client.PostAsync(
                "/api/v1/prompt", new StringContent($$"""{"prompt": "x", {{row[0]}}}"""));
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{row[0]}: {problem}");
            Assert.Contains((string)row[1], problem.Text("error"), StringComparison.Ordinal);
        }
        using var batch = await proxy.Client.PostAsJsonAsync(
            "/api/v1/prompts", new object[] { new { prompt = "x" }, new { prompt = "y", callback_url = "x" } });
        Assert.Contains("Element 2: 'callback_url'",
            (await batch.Content.ReadFromJsonAsync<JsonElement>()).Text("error"), StringComparison.Ordinal);
        Assert.Equal(0, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Without_a_secret_callbacks_are_refused_with_the_setting_that_is_missing(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var response = await proxy.Client.PostAsJsonAsync(
            "/api/v1/prompt", new { prompt = "x", callback_url = "https://example.org/" });
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("OLLAMA_PROXY_WEBHOOK_SECRET",
            (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("error"), StringComparison.Ordinal);
        Assert.Equal(0, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
    }

    /// <summary>Waits until the only event of a prompt is in this status, and returns it.</summary>
    internal static Task<JsonElement> CallbackWhenAsync(RunningProxy proxy, string id, string status) =>
        CallbackWhenAsync(proxy, id, callback => callback.Text("status") == status);

    internal static async Task<JsonElement> CallbackWhenAsync(RunningProxy proxy, string id, Func<JsonElement, bool> condition) =>
        (JsonElement)await Eventually.NotNull<object>(async () =>
            (await proxy.GetAsync($"/api/v1/prompt/{id}")).TryGetProperty("callbacks", out var callbacks)
                && callbacks.EnumerateArray().Single() is var callback && condition(callback) ? callback : null, "the event as hoped for");

    private static Task<RunningProxy> StartAsync(string host) =>
        RunningProxy.StartAsync(ProxyHosts.Named(host), null, Receiver.Settings);

    private static async Task<JsonElement> CreateAsync(RunningProxy proxy, object batch) =>
        await proxy.Client.AnswerAsync(await proxy.Client.PostAsJsonAsync("/v1/batches", batch));
}

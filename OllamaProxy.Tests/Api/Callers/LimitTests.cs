using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>What a key allows: beyond it a request is refused in the words and the shape of its API.</summary>
public sealed class LimitTests
{
    private const string Llama = """{"model":"llama3.2","prompt":"hello","stream":false}""";

    private static readonly string[] Unlimited = ["/", "/healthz", "/api/v1/stats", "/api/tags"];
    private static readonly string[] Hers = ["llama3.2:latest", "tiny:latest"];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task Over_the_prompts_of_a_minute_it_is_429_with_what_is_allowed_and_when_to_come_again(
        string host) => WithinAMinuteAsync(async () =>
    {
        await using var shared = await StartAsync(host, "rpm=2:tpd=100000");
        using (var first = await shared.Alice.PostAsJsonAsync("/api/v1/prompt", new { prompt = "one" }))
        {
            Assert.Equal(202, (int)first.StatusCode);
            Assert.Equal("\"requests-per-minute\";q=2;w=60, \"tokens-per-day\";q=100000;w=86400", Header(first, "RateLimit-Policy"));
            Assert.Matches("^\"requests-per-minute\";r=1;t=[0-9]+, \"tokens-per-day\";r=[0-9]+;t=[0-9]+$", Header(first, "RateLimit"));
        }
        using (var call = await shared.Alice.SendAsync(CallTests.Post("/api/generate", Llama)))
        {
            Assert.Equal(200, (int)call.StatusCode);
            Assert.StartsWith("\"requests-per-minute\";r=0;t=", Header(call, "RateLimit"), StringComparison.Ordinal);
        }
        foreach (var (path, body, message) in new[]
        {
            ("/api/v1/prompt", """{"prompt":"two"}""", "detail"),
            ("/api/generate", Llama, "error"),
            ("/v1/chat/completions", """{"model":"llama3.2","messages":[{"role":"user","content":"hello"}]}""", "error.message"),
            ("/v1/messages", """{"model":"llama3.2","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}""", "error.message"),
        })
        {
            using var refused = await shared.Alice.SendAsync(CallTests.Post(path, body));
            Assert.Equal(429, (int)refused.StatusCode);
            Assert.InRange(int.Parse(Header(refused, "Retry-After")), 1, 120);
            Assert.StartsWith("\"requests-per-minute\";r=0;t=", Header(refused, "RateLimit"), StringComparison.Ordinal);
            var answer = await refused.Content.ReadFromJsonAsync<JsonElement>();
            foreach (var field in message.Split('.'))
                answer = answer.GetProperty(field);
            Assert.Equal("This prompt would exceed what its API key is allowed: 2 prompts a minute. Try again later.", answer.GetString());
        }
        Assert.Equal(2, (await shared.Alice.JsonAsync("/api/v1/prompts")).GetProperty("total").GetInt32());
        // What is only looked at, and what others do, is not limited.
        foreach (var path in Unlimited)
            Assert.Equal(200, await shared.Alice.StatusOfAsync(HttpMethod.Get, path));
        await shared.Bob.SubmitAsync(new { prompt = "of bob" });
        using var ofBob = await shared.Bob.PostAsJsonAsync("/api/v1/prompt", new { prompt = "another" });
        Assert.False(ofBob.Headers.Contains("RateLimit"));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_tokens_of_a_day_are_those_that_Ollama_counted(string host)
    {
        await using var shared = await StartAsync(host, "tpd=1");
        await shared.Alice.ResultAsync(await shared.Alice.SubmitAsync(new { prompt = "the first is always accepted" }));
        using var refused = await shared.Alice.PostAsJsonAsync("/api/v1/prompt", new { prompt = "and no other" });
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.InRange(int.Parse(Header(refused, "Retry-After")), 1, 86_400);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task An_admin_who_acts_for_an_owner_has_the_limits_of_that_owner(string host) => WithinAMinuteAsync(async () =>
    {
        await using var shared = await StartAsync(host, "rpm=1");
        await shared.Alice.SubmitAsync(new { prompt = "one" });
        await shared.Admin.SubmitAsync(new { prompt = "of the admin" });
        shared.Admin.DefaultRequestHeaders.Add("X-Owner", "alice");
        Assert.Equal(429, await shared.Admin.StatusOfAsync(HttpMethod.Post, "/api/v1/prompt", new { prompt = "two" }));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public Task A_batch_that_could_never_be_accepted_is_413(string host) => WithinAMinuteAsync(async () =>
    {
        await using var shared = await StartAsync(host, "rpm=2");
        var batch = Enumerable.Range(0, 3).Select(number => new { prompt = $"{number}" });
        Assert.Equal(413, await shared.Alice.StatusOfAsync(HttpMethod.Post, "/api/v1/prompts", batch));
        Assert.Equal(202, await shared.Alice.StatusOfAsync(HttpMethod.Post, "/api/v1/prompts", batch.Take(2)));
        Assert.Equal(429, await shared.Alice.StatusOfAsync(HttpMethod.Post, "/api/v1/prompts", batch.Take(1)));
    });

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Only_so_many_prompts_of_an_owner_run_at_a_time_and_the_next_one_follows_at_once(string host)
    {
        await using var shared = await StartAsync(host, "max_running=1", ("OLLAMA_CONCURRENCY", "3"));
        var ollama = shared.Proxy.Ollama;
        ollama.Faults.Enqueue(Fault.Stall(1));
        ollama.Faults.Enqueue(Fault.Stall(1));
        var first = await shared.Alice.SubmitAsync(new { prompt = "of alice" });
        await ollama.Requests.WaitForAsync(1);
        var second = await shared.Alice.SubmitAsync(new { prompt = "hers as well" });
        var ofBob = await shared.Bob.SubmitAsync(new { prompt = "of bob" });
        await ollama.Requests.WaitForAsync(2);

        Assert.Equal("processing", await StatusAsync(shared.Bob, ofBob));
        var waiting = await shared.Alice.JsonAsync($"/api/v1/prompt/{second}/status");
        Assert.Equal(("queued", "limit"), (waiting.GetProperty("status").GetString(), waiting.GetProperty("waiting_for").GetString()));

        await shared.Alice.StatusOfAsync(HttpMethod.Post, $"/api/v1/prompt/{first}/cancel");
        await shared.Alice.ResultAsync(second);
        Assert.Equal("processing", await StatusAsync(shared.Bob, ofBob));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_key_uses_and_sees_only_its_models(string host)
    {
        await using var shared = await StartAsync(host, "models=llama3.2|tiny:latest");
        Assert.Equal(403, await shared.Alice.StatusOfAsync(HttpMethod.Post, "/api/v1/prompt", new { prompt = "no", model = "qwen3" }));
        using (var refused = await shared.Alice.SendAsync(CallTests.Post("/api/generate", """{"model":"qwen3","prompt":"no"}""")))
            Assert.Equal((403, "{\"error\":\"This API key may not use the model 'qwen3', only llama3.2:latest, tiny:latest.\"}"),
                ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        await shared.Alice.ResultAsync(await shared.Alice.SubmitAsync(new { prompt = "yes", model = "TINY" }));

        Assert.NotEmpty(Names(await shared.Bob.JsonAsync("/api/tags"), "models", "name").Except(Hers));
        Assert.NotEmpty(Names(await shared.Alice.JsonAsync("/api/tags"), "models", "name"));
        AssertOnlyHers(Names(await shared.Alice.JsonAsync("/api/tags"), "models", "name"));
        AssertOnlyHers(Names(await shared.Alice.JsonAsync("/v1/models"), "data", "id"));
        AssertOnlyHers(Names(await shared.Alice.JsonAsync("/api/v1/models"), "models", "name"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_higher_priority_than_a_key_may_have_is_lowered(string host)
    {
        await using var shared = await StartAsync(host, "max_priority=-5");
        await shared.Admin.StatusOfAsync(HttpMethod.Post, "/api/v1/queue/pause");
        var id = await shared.Alice.SubmitAsync(new { prompt = "now!", priority = 100 });
        Assert.Equal(-5, await PriorityAsync());
        await shared.Alice.StatusOfAsync(HttpMethod.Patch, $"/api/v1/prompt/{id}", new { priority = -50 });
        Assert.Equal(-50, await PriorityAsync());
        await shared.Alice.StatusOfAsync(HttpMethod.Patch, $"/api/v1/prompt/{id}", new { priority = 0 });
        Assert.Equal(-5, await PriorityAsync());

        async Task<int> PriorityAsync() =>
            (await shared.Alice.JsonAsync($"/api/v1/prompt/{id}/status")).GetProperty("priority").GetInt32();
    }

    private static Task<SharedProxy> StartAsync(string host, string ofAlice, params (string Name, string Value)[] settings) =>
        SharedProxy.StartAsync(host, new() { Models = ["llama3.2", "tiny", "qwen3"] }, [("OLLAMA_PROXY_API_KEYS",
            $"alice:{SharedProxy.AliceKey}:{ofAlice},bob:{SharedProxy.BobKey},root:{SharedProxy.AdminKey}:admin"), .. settings]);

    private static void AssertOnlyHers(HashSet<string> models) => Assert.All(models, model => Assert.Contains(model, Hers));

    private static async Task<string?> StatusAsync(HttpClient client, string id) =>
        (await client.JsonAsync($"/api/v1/prompt/{id}/status")).GetProperty("status").GetString();

    private static HashSet<string> Names(JsonElement answer, string list, string name) =>
        [.. answer.GetProperty(list).EnumerateArray().Select(item => item.GetProperty(name).GetString()!)];

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    /// <summary>
    /// Does it again where it failed and a minute began meanwhile: from then on what was submitted before counts for a little less.
    /// </summary>
    private static async Task WithinAMinuteAsync(Func<Task> test)
    {
        while (true)
        {
            var minute = Minute();
            try
            {
                await test();
                return;
            }
            catch (Exception) when (Minute() != minute)
            {
                // Once more.
            }
        }

        static long Minute() => DateTimeOffset.UtcNow.Ticks / TimeSpan.TicksPerMinute;
    }
}

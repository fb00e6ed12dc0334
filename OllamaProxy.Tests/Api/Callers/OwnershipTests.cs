using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>An owner sees only what is theirs; an admin sees all, and can act for others.</summary>
public sealed class OwnershipTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_list_shows_only_what_is_ones_own_and_an_admin_all_with_their_owners(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var (ofAlice, ofBob) = (
            await shared.Alice.SubmitAsync(new { prompt = "secret of alice" }), await shared.Bob.SubmitAsync(new { prompt = "of bob" }));
        await shared.Alice.ResultAsync(ofAlice);
        await shared.Bob.ResultAsync(ofBob);

        Assert.Equal([(ofBob, "bob")], await ListAsync(shared.Bob, ""));
        Assert.Equal([(ofBob, "bob")], await ListAsync(shared.Bob, "&status=completed&owner=bob"));
        Assert.Empty(await ListAsync(shared.Bob, "&q=secret"));
        Assert.Equal([(ofBob, "bob"), (ofAlice, "alice")], await ListAsync(shared.Admin, ""));
        Assert.Equal([(ofAlice, "alice")], await ListAsync(shared.Admin, "&owner=alice"));
        Assert.Equal(403, await shared.Bob.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts?owner=alice"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Events_and_statistics_tell_only_of_what_is_ones_own(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        await using var events = await EventReader.OpenAsync(shared.Bob, new(HttpMethod.Get, "/api/v1/events"));
        var before = await events.UntilAsync("counts");
        Assert.Equal(0, before.GetProperty("completed").GetInt64());
        await shared.Alice.ResultAsync(await shared.Alice.SubmitAsync(new { prompt = "of alice" }));
        var ofBob = await shared.Bob.SubmitAsync(new { prompt = "of bob" });
        await shared.Bob.ResultAsync(ofBob);

        var told = new List<string?>();
        while (await events.NextAsync() is { } next)
        {
            if (next.EventType is "queued" or "started" or "finished")
                told.Add(EventReader.DataOf(next).GetProperty("prompt_preview").GetString());
            if (next.EventType == "counts" && EventReader.DataOf(next).GetProperty("completed").GetInt64() is var completed and > 0)
            {
                Assert.Equal(1, completed);
                break;
            }
        }
        Assert.DoesNotContain("of alice", told);

        var stats = await shared.Bob.JsonAsync("/api/v1/stats");
        Assert.Equal((1, 1, 0), (stats.GetProperty("counts").GetProperty("completed").GetInt64(),
            stats.GetProperty("last_hour").GetProperty("prompts").GetInt32(), stats.GetProperty("backends").GetArrayLength()));
        var all = await shared.Admin.JsonAsync("/api/v1/stats");
        Assert.Equal((2, 2, 1), (all.GetProperty("counts").GetProperty("completed").GetInt64(),
            all.GetProperty("last_hour").GetProperty("prompts").GetInt32(), all.GetProperty("backends").GetArrayLength()));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Two_owners_can_use_one_idempotency_key(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var ofAlice = await SubmitAsync(shared.Alice, "of alice");
        var ofBob = await SubmitAsync(shared.Bob, "of bob");
        Assert.NotEqual(ofAlice, ofBob);
        Assert.Equal((ofAlice, ofBob), (await SubmitAsync(shared.Alice, "of alice"), await SubmitAsync(shared.Bob, "of bob")));

        static async Task<string> SubmitAsync(HttpClient client, string prompt)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt") { Content = JsonContent.Create(new { prompt }) };
            request.Headers.Add("Idempotency-Key", "one key");
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task What_another_has_put_under_an_id_is_not_told_and_stays_as_it_is(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var path = $"/api/v1/prompt/{Guid.NewGuid()}";
        Assert.Equal(202, await shared.Alice.StatusOfAsync(HttpMethod.Put, path, new { prompt = "of alice" }));

        Assert.Equal(404, await shared.Bob.StatusOfAsync(HttpMethod.Put, path, new { prompt = "of alice" }));
        Assert.Equal(404, await shared.Bob.StatusOfAsync(HttpMethod.Put, path, new { prompt = "of bob" }));
        Assert.Equal("of alice", (await shared.Alice.JsonAsync(path)).GetProperty("prompt").GetString());
        Assert.Equal(200, await shared.Alice.StatusOfAsync(HttpMethod.Put, path, new { prompt = "of alice" }));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Batches_calls_and_repetitions_belong_to_whoever_sent_them(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        using var submitted = await shared.Alice.PostAsJsonAsync(
            "/api/v1/prompts", new[] { new { prompt = "one" }, new { prompt = "two" } });
        var batch = await submitted.Content.ReadFromJsonAsync<JsonElement>();
        var url = batch.GetProperty("batch_url").GetString()!;
        Assert.Equal((2, 404), ((await shared.Alice.JsonAsync(url)).GetProperty("total").GetInt32(),
            await shared.Bob.StatusOfAsync(HttpMethod.Get, url)));

        using var call = await shared.Alice.PostAsJsonAsync("/api/generate", new { model = "llama3.2", prompt = "hi", stream = false });
        var called = call.Headers.GetValues("X-Prompt-Id").Single();
        Assert.Equal((200, 404), (await shared.Alice.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{called}/response"),
            await shared.Bob.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{called}/response")));

        using var repeated = await shared.Admin.PostAsync($"/api/v1/prompt/{called}/repeat", null);
        var repetition = (await repeated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        Assert.Equal("root", (await shared.Admin.JsonAsync($"/api/v1/prompt/{repetition}/status")).GetProperty("owner").GetString());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task An_admin_acts_for_another_whom_they_name(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        using var forBob = shared.ClientOf(SharedProxy.AdminKey);
        forBob.DefaultRequestHeaders.Add("X-Owner", "bob");
        var id = await forBob.SubmitAsync(new { prompt = "for bob" });
        var ofAlice = await shared.Alice.SubmitAsync(new { prompt = "of alice" });

        Assert.Equal("bob", (await shared.Bob.JsonAsync($"/api/v1/prompt/{id}/status")).GetProperty("owner").GetString());
        Assert.Equal(404, await forBob.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{ofAlice}"));
        Assert.Equal([(id, "bob")], await ListAsync(forBob, ""));

        using var forNobody = shared.ClientOf(SharedProxy.AdminKey);
        forNobody.DefaultRequestHeaders.Add("X-Owner", "no name");
        Assert.Equal(400, await forNobody.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Whoever_is_no_admin_stays_themselves_whomever_they_name(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        using var asBob = shared.ClientOf(SharedProxy.AliceKey);
        asBob.DefaultRequestHeaders.Add("X-Owner", "bob");
        var id = await asBob.SubmitAsync(new { prompt = "for a customer of alice's" });
        Assert.Equal((200, 404), (await shared.Alice.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{id}"),
            await shared.Bob.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{id}")));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Tokens_are_charged_to_a_key_or_an_address_and_to_each_of_the_many_that_a_client_serves(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_OWNER_HEADER", "X-User-Id"));
        proxy.Client.DefaultRequestHeaders.Add("X-Forwarded-For", "10.0.0.1, 192.0.2.7:51234");
        await proxy.SubmitAsync(new { prompt = "of an address" });
        proxy.Client.DefaultRequestHeaders.Add("X-User-Id", "user 7");
        await proxy.SubmitAsync(new { prompt = "of somebody behind it" });
        await proxy.RestartAsync(("OLLAMA_PROXY_API_KEYS", "alice:a"));
        proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "a");
        await proxy.SubmitAsync(new { prompt = "of alice" });

        // On the Functions host the connection is the host's own.
        var address = host == nameof(ProxyHosts.Functions) ? "192.0.2.7" : "127.0.0.1";
        Assert.Equal([address, $"{address}/user 7", "alice"],
            (await proxy.Home.QueryAsync("SELECT account FROM prompts ORDER BY seq")).Select(row => (string?)row[0]));
    }

    [Fact]
    public async Task What_was_submitted_before_there_were_keys_is_an_admins_business()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var id = await proxy.SubmitAsync(new { prompt = "before" });
        await proxy.RestartAsync(("OLLAMA_PROXY_API_KEYS", "alice:a,root:r:admin"));
        proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "a");
        Assert.Equal(404, await proxy.Client.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{id}"));
        proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "r");
        Assert.Equal(200, await proxy.Client.StatusOfAsync(HttpMethod.Get, $"/api/v1/prompt/{id}"));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Who_runs_a_prompt_is_told_only_to_an_admin(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var id = await shared.Alice.SubmitAsync(new { prompt = "hello" });
        await shared.Alice.ResultAsync(id);

        Assert.False(AttemptOf(await shared.Alice.JsonAsync($"/api/v1/prompt/{id}")).TryGetProperty("backend", out _));
        Assert.StartsWith(
            "http://", AttemptOf(await shared.Admin.JsonAsync($"/api/v1/prompt/{id}")).GetProperty("backend").GetString());

        static JsonElement AttemptOf(JsonElement prompt) => prompt.GetProperty("attempt_history")[0];
    }

    private static async Task<(string?, string?)[]> ListAsync(HttpClient client, string query)
    {
        var page = await client.JsonAsync($"/api/v1/prompts?page_size=100{query}");
        Assert.Equal(page.GetProperty("total").GetInt32(), page.GetProperty("prompts").GetArrayLength());
        return [.. page.GetProperty("prompts").EnumerateArray()
            .Select(entry => (entry.GetProperty("id").GetString(), entry.GetProperty("owner").GetString()))];
    }
}

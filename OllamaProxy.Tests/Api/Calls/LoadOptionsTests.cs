using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.Configuration;
using OllamaProxy.Configuration;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>Prompts and calls that Ollama would load one model for in different ways.</summary>
public sealed class LoadOptionsTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_hundred_prompts_that_alternate_between_two_contexts_load_the_model_twice(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var batch = await proxy.Client.PostAsJsonAsync("/api/v1/prompts", Enumerable.Range(0, 100).Select(number => new
        {
            model = "tiny",
            prompt = $"{number}",
            options = new { num_ctx = number % 2 == 0 ? 2048 : 8192, num_predict = 1 },
        }));
        Assert.Equal(HttpStatusCode.Accepted, batch.StatusCode);

        await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=completed")).GetProperty("total").GetInt32() == 100 ? "all" : null, "all to end");
        Assert.Equal(["tiny:latest", "tiny:latest"], proxy.Ollama.Loads);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Calls_that_wait_are_grouped_likewise(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        await PauseAsync(proxy, "pause");
        var calls = Enumerable.Range(0, 20).Select(number => CallRig.PostAsync(proxy, number % 4 < 2 ? "/api/generate" : "/api/chat",
            number % 4 < 2
                ? $$"""{"model":"tiny","prompt":"{{number}}","options":{"num_ctx":{{Context(number)}} } }"""
                : $$"""{"model":"tiny","messages":[{"role":"user","content":"hi"}],"options":{"num_ctx":{{Context(number)}}.0} }"""))
            .ToList();
        await Eventually.NotNull(async () =>
            (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 20 ? "all" : null, "all to wait");
        await PauseAsync(proxy, "resume");
        foreach (var call in calls)
            using (var response = await call)
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["tiny:latest", "tiny:latest"], proxy.Ollama.Loads);

        static int Context(int number) => number % 2 == 0 ? 2048 : 8192;
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Options_of_the_file_are_put_in_where_the_client_says_nothing_about_them(string host)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("models.json"), """{"TINY": {"num_ctx": 16384, "seed": 7}}""");
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_PROXY_MODEL_OPTIONS_FILE", folder.File("models.json")));
        foreach (var (path, body, sent) in new[]
        {
            ("/api/generate", """{ "model":"tiny", "prompt":"hi"}""",
                """{"options":{"num_ctx":16384,"seed":7}, "model":"tiny", "prompt":"hi"}"""),
            ("/api/chat", """{"model":"Tiny:latest","messages":[{"role":"user","content":"hi"}],"options":{"seed": 1.0}}""",
                """{"model":"Tiny:latest","messages":[{"role":"user","content":"hi"}],"options":{"seed": 1.0,"num_ctx":16384}}"""),
            ("/api/embed", """{"model":"tiny","input":"hi"}""", """{"options":{"num_ctx":16384,"seed":7},"model":"tiny","input":"hi"}"""),
            // Nothing is put in: byte for byte.
            ("/api/generate", """{"model":"llama3.2" ,"prompt":"hi"}""", """{"model":"llama3.2" ,"prompt":"hi"}"""),
            ("/api/generate", """{"model":"tiny" ,"prompt":"hi","options":{"seed":1,"num_ctx":512}}""",
                """{"model":"tiny" ,"prompt":"hi","options":{"seed":1,"num_ctx":512}}"""),
            // A route on which Ollama reads no such field.
            ("/v1/completions", """{"model":"tiny" ,"prompt":"hi"}""", """{"model":"tiny" ,"prompt":"hi"}"""),
            // A submitted prompt, whose body is this program's.
            ("/api/v1/prompt", """{"model":"tiny","prompt":"hi","options":{"temperature":0}}""",
                """{"prompt":"hi","model":"tiny","options":{"temperature":0,"num_ctx":16384,"seed":7},"stream":true}"""),
            ("/api/v1/prompt", """{"model":"tiny","prompt":"hi"}""",
                """{"prompt":"hi","options":{"num_ctx":16384,"seed":7},"model":"tiny","stream":true}"""),
        })
        {
            var before = proxy.Ollama.Requests.All.Count;
            using var response = await CallRig.PostAsync(proxy, path, body);
            Assert.True(response.IsSuccessStatusCode);
            var logged = await Eventually.NotNull(() =>
                Task.FromResult(proxy.Ollama.Requests.All.Skip(before).FirstOrDefault()), "the request");
            Assert.Equal((path, sent), (path, Encoding.UTF8.GetString(logged.Body.Span)));
        }
        // One for each model and context: 16384, 512, the default and 16384 again, and the other model.
        Assert.Equal(5, proxy.Ollama.Loads.Count);
    }

    [Fact]
    public void A_file_of_options_that_is_no_good_stops_the_start()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("models.json"), """{"tiny": 5}""");
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection([new("OLLAMA_PROXY_MODEL_OPTIONS_FILE", folder.File("models.json"))]).Build();
        var problem = Assert.Throws<InvalidSettingException>(() => OllamaProxyOptions.Read(settings));
        Assert.Contains("must have an object of options for 'tiny'", problem.Message, StringComparison.Ordinal);
    }

    private static async Task PauseAsync(RunningProxy proxy, string what)
    {
        using var response = await proxy.Client.PostAsync($"/api/v1/queue/{what}", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}

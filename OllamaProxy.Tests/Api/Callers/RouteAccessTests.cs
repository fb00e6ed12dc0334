using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api;
using OllamaProxy.Tests.Api.Files;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>Every route, asked by everybody. A route that is missing here fails the test.</summary>
public sealed class RouteAccessTests
{
    /// <summary>Let in, whatever comes of it: neither 401, 403 nor 404.</summary>
    private const int LetIn = 0;

    private static readonly object Call = new { model = "llama3.2", prompt = "hi", stream = false };
    private static readonly object Chat =
        new { model = "llama3.2", stream = false, max_tokens = 5, messages = new[] { new { role = "user", content = "hi" } } };
    private static readonly object Embedding = new { model = "nomic-embed-text", input = "hi", prompt = "hi" };

    /// <summary>
    /// What the owner of a prompt is answered, another owner and an admin. Without a known key it is 401 where this is not open.
    /// </summary>
    private static readonly Expectation[] Table =
    [
        new("GET", Routes.Home, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.List, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.PromptPage, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.BatchPage, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.Dashboard, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.ApiPage, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.OpenApi, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.Health, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.Ready, null, 200, 200, 200, IsOpen: true),
        new("GET", Routes.Metrics, null, 403, 403, 200),
        new("GET", Routes.Session, null, 200, 200, 200, IsOpen: true),
        new("POST", Routes.Session, new { key = "no key" }, 401, 401, 401, IsOpen: true),
        new("DELETE", Routes.Session, null, 204, 204, 204, IsOpen: true),
        new("POST", Routes.Submit, new { prompt = "hi" }, 202, 202, 202),
        new("GET", Routes.Prompt, null, 200, 404, 200),
        new("PUT", Routes.Prompt, new { prompt = "put" }, 409, 404, 409),
        new("PATCH", Routes.Prompt, new { priority = 3 }, 200, 404, 200),
        new("DELETE", Routes.Prompt, null, 204, 404, 204),
        new("POST", Routes.Cancel, null, 200, 404, 200),
        new("POST", Routes.Retry, null, 409, 404, 409),
        new("POST", Routes.Repeat, null, 202, 404, 202),
        new("GET", Routes.Status, null, 200, 404, 200),
        new("GET", Routes.Result, null, 202, 404, 202),
        new("GET", Routes.Response, null, 404, 404, 404),
        new("GET", Routes.Stream, null, 200, 404, 200),
        new("GET", Routes.Events, null, 200, 200, 200),
        new("GET", Routes.Stats, null, 200, 200, 200),
        new("GET", Routes.Trends, null, 403, 403, 200),
        new("GET", Routes.Usage, null, 200, 200, 200),
        new("GET", Routes.Queue, null, 200, 200, 200),
        new("POST", Routes.Pause, null, 403, 403, 200),
        new("POST", Routes.Drain, new { model = "drained by nobody" }, 403, 403, 400),
        new("POST", Routes.Resume, new { model = "paused by nobody" }, 403, 403, 200),
        new("GET", Routes.Models, null, 200, 200, 200),
        new("GET", Routes.Prompts, null, 200, 200, 200),
        new("POST", Routes.Prompts, new[] { new { prompt = "hi" } }, 202, 202, 202),
        new("GET", Routes.Batch, null, 200, 404, 200),
        new("POST", Routes.Generate, Call, LetIn, LetIn, LetIn),
        new("POST", Routes.Chat, Chat, LetIn, LetIn, LetIn),
        new("POST", Routes.Embed, Embedding, LetIn, LetIn, LetIn),
        new("POST", Routes.Embeddings, Embedding, LetIn, LetIn, LetIn),
        new("POST", Routes.ChatCompletions, Chat, LetIn, LetIn, LetIn),
        new("POST", Routes.Completions, Call, LetIn, LetIn, LetIn),
        new("POST", Routes.OpenAIEmbeddings, Embedding, LetIn, LetIn, LetIn),
        new("POST", Routes.Responses, new { model = "llama3.2", input = "hi" }, LetIn, LetIn, LetIn),
        new("GET", Routes.RetrieveResponse, null, 200, 404, 200),
        new("DELETE", Routes.RetrieveResponse, null, 200, 404, 200),
        new("POST", Routes.CancelResponse, null, 200, 404, 200),
        new("GET", Routes.ResponseInputItems, null, 200, 404, 200),
        new("POST", Routes.Messages, Chat, LetIn, LetIn, LetIn),
        new("POST", Routes.CountTokens, Chat, LetIn, LetIn, LetIn),
        new("GET", Routes.Files, null, 200, 200, 200),
        new("POST", Routes.Files, new { }, 400, 400, 400),
        new("GET", Routes.File, null, 200, 404, 200),
        new("DELETE", Routes.File, null, 200, 404, 200),
        new("GET", Routes.FileContent, null, 200, 404, 200),
        new("GET", Routes.Batches, null, 200, 200, 200),
        new("POST", Routes.Batches, new { }, 400, 400, 400),
        new("GET", Routes.OpenAIBatch, null, 200, 404, 200),
        new("POST", Routes.CancelBatch, null, 200, 404, 200),
        new("GET", Routes.MessageBatches, null, 200, 200, 200),
        new("POST", Routes.MessageBatches, new { }, 400, 400, 400),
        new("GET", Routes.MessageBatch, null, 200, 404, 200),
        new("DELETE", Routes.MessageBatch, null, 400, 404, 400),
        new("POST", Routes.CancelMessageBatch, null, 200, 404, 200),
        new("GET", Routes.MessageBatchResults, null, 400, 404, 400),
        new("GET", Routes.Tags, null, 200, 200, 200),
        new("GET", Routes.Loaded, null, 200, 200, 200),
        new("GET", Routes.Version, null, 200, 200, 200),
        new("GET", Routes.OllamaStatus, null, 200, 200, 200),
        new("GET", Routes.Recommendations, null, 200, 200, 200),
        new("POST", Routes.Show, new { model = "llama3.2" }, 200, 200, 200),
        new("GET", Routes.OpenAIModels, null, 200, 200, 200),
        new("GET", Routes.OpenAIModel, null, 200, 200, 200),
        new("POST", Routes.Pull, new { model = "tiny", stream = false }, 403, 403, LetIn),
        new("POST", Routes.Create, new { model = "tiny", from = "llama3.2" }, 403, 403, LetIn),
        new("POST", Routes.Blob, null, 403, 403, LetIn),
        new("POST", Routes.Push, new { model = "llama3.2" }, 403, 403, LetIn),
        new("POST", Routes.Copy, new { source = "llama3.2", destination = "copied" }, 403, 403, LetIn),
        new("DELETE", Routes.DeleteModel, new { model = "copied" }, 403, 403, LetIn),
    ];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Everybody_is_let_in_to_what_is_theirs_and_to_nothing_else(string host)
    {
        // The calls wait until the queue goes on, and none of them is answered by then.
        await using var shared = await SharedProxy.StartAsync(host, null, ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        using var wrong = shared.ClientOf("nobody's key");
        var wanting = new List<string>();
        foreach (var route in Table)
        {
            if (!route.IsOpen)
            {
                await AskAsync(route, "without a key", shared.Anybody, 401);
                await AskAsync(route, "with a wrong key", wrong, 401);
            }
            await AskAsync(route, "another owner", shared.Bob, route.Other);
            await AskAsync(route, "the owner", shared.Alice, route.Own);
            await AskAsync(route, "an admin", shared.Admin, route.Admin);
        }
        Assert.Empty(wanting);

        async Task AskAsync(Expectation route, string who, HttpClient client, int expected)
        {
            using (var pause = await shared.Admin.PostAsync(route.IsCall ? "/api/v1/queue/resume" : "/api/v1/queue/pause", null))
                pause.EnsureSuccessStatusCode();
            var path = await PathAsync(route.Pattern);
            var status = await client.StatusOfAsync(new(route.Method), path, route.Body);
            if (expected == LetIn ? status is 401 or 403 : status != expected)
                wanting.Add($"{route.Method} {path}, {who}: {status} in place of {expected}");
        }

        // A prompt of Alice's that waits, since each may be gone after it was asked for.
        async Task<string> PathAsync(string pattern)
        {
            if (pattern == Routes.Batch)
            {
                using var batch = await shared.Alice.PostAsync(
                    "/api/v1/prompts", new StringContent("""[{"prompt": "hi"}]"""));
                return batch.Headers.Location!.ToString();
            }
            if (pattern.StartsWith("v1/responses/", StringComparison.Ordinal))
            {
                using var created = await shared.Alice.PostAsync(
                    "/v1/responses", new StringContent("""{"model":"llama3.2","input":"hi","background":true}"""));
                var response = await created.Content.ReadFromJsonAsync<JsonElement>();
                return "/" + pattern.Replace("{id}", response.GetProperty("id").GetString(), StringComparison.Ordinal);
            }
            if (pattern.StartsWith($"{Routes.MessageBatch}", StringComparison.Ordinal))
                return "/" + pattern.Replace("{id}", await MessageBatchAsync(), StringComparison.Ordinal);
            if (pattern is Routes.OpenAIBatch or Routes.CancelBatch)
                return "/" + pattern.Replace("{id}", await OpenAIBatchAsync(), StringComparison.Ordinal);
            if (pattern is Routes.File or Routes.FileContent)
                return "/" + pattern.Replace("{id}", await FileAsync(), StringComparison.Ordinal);
            var id = pattern.Contains("{id}", StringComparison.Ordinal) ? await shared.Alice.SubmitAsync(new { prompt = "of alice" }) : "";
            return "/" + pattern.Replace("{id}", id, StringComparison.Ordinal).Replace(Routes.Home, "", StringComparison.Ordinal)
                .Replace("{*model}", "llama3.2", StringComparison.Ordinal)
                .Replace("{digest}", $"sha256:{new string('0', 64)}", StringComparison.Ordinal);
        }

        async Task<string> MessageBatchAsync()
        {
            using var response = await shared.Alice.PostAsJsonAsync("/v1/messages/batches",
                new { requests = new[] { new { custom_id = "a", @params = new { model = "llama3.2" } } } });
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }

        async Task<string> OpenAIBatchAsync()
        {
            using var response = await shared.Alice.PostAsJsonAsync("/v1/batches",
                new { input_file_id = await FileAsync(), endpoint = "/v1/completions", completion_window = "24h" });
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }

        async Task<string> FileAsync()
        {
            const string Line = """{"custom_id":"a","method":"POST","url":"/v1/completions","body":{"model":"llama3.2"}}""";
            using var form = FileTests.FormOf(Encoding.UTF8.GetBytes(Line), "a", ("purpose", "batch"));
            using var response = await shared.Alice.PostAsync("/v1/files", form);
            return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        }
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Every_route_is_in_the_table(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var routes = proxy.Services.GetRequiredService<RouteTable>().All
            .SelectMany(route => route.Methods.Where(method => method != "HEAD").Select(method => $"{method} {route.Pattern}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal),
            Table.Select(route => $"{route.Method} {route.Pattern}").Order(StringComparer.Ordinal));
    }

    private sealed record Expectation(string Method, string Pattern, object? Body, int Own, int Other, int Admin, bool IsOpen = false)
    {
        public bool IsCall => Own == LetIn;
    }
}

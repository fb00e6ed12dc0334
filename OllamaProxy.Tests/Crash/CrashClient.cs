using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using OllamaProxy.Simulator.Generation;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Crash;

/// <summary>
/// Submits prompts that nobody else submits, in every way there is, and waits for some of their results. What it can repeat
/// without harm it repeats after a broken connection; whether the rest was accepted then, it does not know.
/// </summary>
internal sealed class CrashClient(CrashRig rig, string name, Random random)
{
    private int _count;

    /// <summary>The ids that the program gave out, with their prompts.</summary>
    public Dictionary<Guid, string> Acknowledged { get; } = [];

    /// <summary>Every batch that was sent, whether or not it arrived.</summary>
    public List<IReadOnlyList<string>> Batches { get; } = [];

    /// <summary>When those prompts ended whose end this client saw.</summary>
    public Dictionary<Guid, string> Ends { get; } = [];

    /// <summary>How many connections broke.</summary>
    public int Broken { get; private set; }

    public async Task RunAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            await TryAsync(SubmitPlainAsync);
            await InsistAsync(SubmitWithKeyAsync(Guid.NewGuid(), NextPrompt()));
            await TryAsync(SubmitBatchAsync);
            // Whoever waits for what came last leaves no more than a round in the queue.
            await WaitForEndAsync(await InsistAsync(PutAsync(Guid.CreateVersion7(), NextPrompt())));
        }
    }

    private string NextPrompt() => $"{name} {++_count}";

    private async Task<Guid> SubmitPlainAsync(HttpClient client)
    {
        var prompt = NextPrompt();
        using var response = await client.PostAsJsonAsync("/api/v1/prompt", new { prompt });
        return await AcknowledgeAsync(response, prompt);
    }

    private Func<HttpClient, Task<Guid>> SubmitWithKeyAsync(Guid key, string prompt) => async client =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/prompt") { Content = JsonContent.Create(new { prompt }) };
        request.Headers.Add("Idempotency-Key", key.ToString());
        using var response = await client.SendAsync(request);
        return await AcknowledgeAsync(response, prompt);
    };

    private Func<HttpClient, Task<Guid>> PutAsync(Guid id, string prompt) => async client =>
    {
        using var response = await client.PutAsJsonAsync($"/api/v1/prompt/{id}", new { prompt });
        Assert.Equal(id, await AcknowledgeAsync(response, prompt));
        return id;
    };

    private async Task<Guid> SubmitBatchAsync(HttpClient client)
    {
        string[] prompts = [.. Enumerable.Range(0, random.Next(1, 10)).Select(_ => NextPrompt())];
        Batches.Add(prompts);
        using var response = await client.PostAsJsonAsync("/api/v1/prompts", prompts.Select(prompt => new { prompt }));
        var answer = await AnswerAsync(response);
        foreach (var (id, prompt) in answer.GetProperty("ids").EnumerateArray().Select(id => id.GetGuid()).Zip(prompts))
            Acknowledged.Add(id, prompt);
        return answer.GetProperty("batch").GetGuid();
    }

    private async Task<Guid> AcknowledgeAsync(HttpResponseMessage response, string prompt)
    {
        var id = (await AnswerAsync(response)).GetProperty("id").GetGuid();
        Acknowledged[id] = prompt;
        return id;
    }

    private Task<JsonElement> WaitForEndAsync(Guid id) =>
        InsistAsync(async client => (JsonElement)await Eventually.NotNull<object>(async () =>
    {
        using var response = await client.GetAsync($"/api/v1/prompt/{id}/result");
        var answer = await AnswerAsync(response);
        if (response.StatusCode == HttpStatusCode.Accepted)
            return null;
        Assert.Equal(Simulation.AnswerTo(Acknowledged[id]), answer.GetProperty("result").GetString());
        Ends[id] = answer.GetProperty("completed_at").GetString()!;
        return answer;
    }, $"the end of {id}"));

    private static async Task<JsonElement> AnswerAsync(HttpResponseMessage response)
    {
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer;
    }

    private async Task<T> InsistAsync<T>(Func<HttpClient, Task<T>> send)
    {
        while (true)
            if (await TryAsync(send) is (true, var answer))
                return answer!;
    }

    private async Task<(bool Answered, T? Answer)> TryAsync<T>(Func<HttpClient, Task<T>> send)
    {
        try
        {
            return (true, await send(await rig.ClientAsync()));
        }
        // A connection that is reset as it is made comes out of HttpClient as it is.
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException)
        {
            Broken++;
            return default;
        }
    }
}

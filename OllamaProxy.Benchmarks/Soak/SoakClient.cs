using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace OllamaProxy.Benchmarks.Soak;

/// <summary>A client that does what clients do, in turn, until it is told to end.</summary>
internal sealed class SoakClient(HttpClient http, SoakScale scale, SoakLedger ledger, Random random)
{
    public async Task RunAsync(CancellationToken last, CancellationToken stop)
    {
        Func<CancellationToken, Task>[] doings =
        [
            SubmitAndPollAsync, SubmitAndPollAsync, CallAsync, ChatAsync, LeaveAsync, FollowAsync, CancelAsync, BatchAsync, LookAroundAsync,
        ];
        while (!last.IsCancellationRequested)
        {
            try
            {
                await doings[random.Next(doings.Length)](stop);
            }
            catch (Exception exception) when (exception is HttpRequestException or BenchmarkException or JsonException)
            {
                ledger.Complain(exception.Message);
            }
            await Task.Delay(scale.Pause * (0.5 + random.NextDouble()), stop);
        }
    }

    private async Task SubmitAndPollAsync(CancellationToken stop)
    {
        var id = await SubmitAsync(stop);
        while (true)
        {
            var result = await GetAsync($"/api/v1/prompt/{id}/result", stop);
            if (result.GetProperty("status").GetString() is "completed")
                return;
            await Task.Delay(scale.Pause, stop);
        }
    }

    private async Task CallAsync(CancellationToken stop)
    {
        var answer = await PostAsync("/api/generate", new { model = "llama3.2", prompt = Text(), stream = false }, stop);
        if (!answer.GetProperty("done").GetBoolean())
            throw new BenchmarkException("A call was answered in part.");
    }

    private async Task ChatAsync(CancellationToken stop)
    {
        using var response = await http.PostAsJsonAsync("/v1/chat/completions",
            new { model = "llama3.2", stream = true, messages = new[] { new { role = "user", content = Text() } } }, stop);
        var text = await response.Content.ReadAsStringAsync(stop);
        if (!text.Contains("[DONE]", StringComparison.Ordinal))
            throw new BenchmarkException($"A stream ended early: {(int)response.StatusCode} {text[..Math.Min(text.Length, 200)]}");
    }

    /// <summary>A client that goes away amid the answer.</summary>
    private async Task LeaveAsync(CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/generate")
        {
            Content = JsonContent.Create(new { model = "llama3.2", prompt = Text() }),
        };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        await body.ReadAtLeastAsync(new byte[16], 1, throwOnEndOfStream: false, stop);
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        var id = await SubmitAsync(stop);
        using var response = await http.GetAsync($"/api/v1/prompt/{id}/stream", stop);
        var text = await response.Content.ReadAsStringAsync(stop);
        if (!text.Contains("event: ", StringComparison.Ordinal))
            throw new BenchmarkException("A stream of events had none.");
    }

    private async Task CancelAsync(CancellationToken stop)
    {
        var id = await SubmitAsync(stop);
        ledger.Cancelled();
        await PostAsync($"/api/v1/prompt/{id}/cancel", new { }, stop);
    }

    private async Task BatchAsync(CancellationToken stop)
    {
        var prompts = Enumerable.Range(0, random.Next(2, 6)).Select(_ => new { prompt = Text(), model = "llama3.2" }).ToArray();
        await PostAsync("/api/v1/prompts", prompts, stop);
        ledger.Accepted(prompts.Length);
    }

    private async Task LookAroundAsync(CancellationToken stop)
    {
        foreach (var path in new[] { "/", "/list", "/metrics", "/readyz", "/api/v1/stats", "/api/v1/prompts?page_size=20", "/api/tags" })
        {
            using var response = await http.GetAsync(path, stop);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync(stop);
        }
    }

    private async Task<string> SubmitAsync(CancellationToken stop)
    {
        var answer = await PostAsync("/api/v1/prompt", new { prompt = Text(), model = "llama3.2" }, stop);
        ledger.Accepted(1);
        return answer.GetProperty("id").GetString()!;
    }

    /// <summary>Mostly short, now and then so long that it is kept in parts.</summary>
    private string Text() => new('x', random.Next(100) == 0 ? 400_000 : random.Next(20, 2000));

    private async Task<JsonElement> PostAsync(string path, object body, CancellationToken stop)
    {
        using var response = await http.PostAsJsonAsync(path, body, stop);
        return await ReadAsync(path, response, stop);
    }

    private async Task<JsonElement> GetAsync(string path, CancellationToken stop)
    {
        using var response = await http.GetAsync(path, stop);
        return await ReadAsync(path, response, stop);
    }

    private static async Task<JsonElement> ReadAsync(string path, HttpResponseMessage response, CancellationToken stop) =>
        response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted
            ? await response.Content.ReadFromJsonAsync<JsonElement>(stop)
            : throw new BenchmarkException(
                $"{path} was answered with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(stop)}");
}

using System.Net;
using System.Text;
using System.Text.Json;

namespace OllamaProxy.Benchmarks.Chaos;

/// <summary>
/// A client that submits prompts, waits for some, cancels others, and calls Ollama's API in between. It asks a server at random each time,
/// and whatever goes wrong, it tries again where a client may: a submission with its key, a read, and a cancel.
/// </summary>
internal sealed class ChaosClient(HttpClient http, IReadOnlyList<ChaosServer> servers, ChaosLedger ledger, Random random)
{
    /// <summary>Such an answer takes longer than a lease is good for.</summary>
    private const int ManyTokens = 1600;

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Goes on until <paramref name="last"/> fires; what was begun then is brought to an end.</summary>
    public async Task RunAsync(CancellationToken last, CancellationToken stop)
    {
        while (!last.IsCancellationRequested)
        {
            if (random.Next(10) < 6)
                await SubmitAsync(stop);
            else
                await CallAsync(isStreamed: random.Next(2) == 0, stop);
            await Task.Delay(random.Next(300), stop);
        }
    }

    private async Task SubmitAsync(CancellationToken stop)
    {
        var prompt = ledger.New(random.Next(12), isCall: false, random.Next(100) == 0 ? ManyTokens : null);
        if (!await SubmitAsync(prompt, stop))
            return;
        var next = random.Next(10);
        if (next == 0)
            await SubmitAsync(prompt, stop); // As a client does that did not see the answer.
        if (next is 1 or 2)
            await CancelAsync(prompt, TimeSpan.FromMilliseconds(random.Next(500)), stop);
        if (next > 3)
            await AwaitEndAsync(prompt, stop);
    }

    private async Task<bool> SubmitAsync(ChaosPrompt prompt, CancellationToken stop)
    {
        using var answer = await UntilAnsweredAsync(() => new(HttpMethod.Post, At("/api/v1/prompt"))
        {
            Content = Json(new { prompt = prompt.Text, options = new { simulator_tokens = prompt.Tokens } }),
            Headers = { { "Idempotency-Key", prompt.Text } },
        }, stop);
        if (answer?.RootElement.GetProperty("id").GetGuid() is not { } id)
            return false;
        if (prompt.Id is { } earlier && earlier != id)
            prompt.HasSecondId = true;
        prompt.Id ??= id;
        return true;
    }

    private async Task CancelAsync(ChaosPrompt prompt, TimeSpan after, CancellationToken stop)
    {
        await Task.Delay(after, stop);
        prompt.MayBeCancelled = true;
        using var answer = await UntilAnsweredAsync(() => new(HttpMethod.Post, At($"/api/v1/prompt/{prompt.Id}/cancel")), stop);
        ledger.Count("cancels");
        if (answer is not null)
            TakeEnd(prompt, answer.RootElement);
    }

    private async Task AwaitEndAsync(ChaosPrompt prompt, CancellationToken stop)
    {
        while (true)
        {
            using var answer = await UntilAnsweredAsync(() => new(HttpMethod.Get, At($"/api/v1/prompt/{prompt.Id}/result")), stop);
            if (answer is null)
                return;
            if (!TakeEnd(prompt, answer.RootElement))
            {
                await Task.Delay(RetryPause, stop);
                continue;
            }
            prompt.IsAnswered = prompt.ToldEnd == "completed";
            if (prompt.IsAnswered && answer.RootElement.GetProperty("result").GetString() != prompt.Answer)
                ledger.Complain($"{prompt.Id} has the result of another prompt, or a part of its own");
            return;
        }
    }

    private bool TakeEnd(ChaosPrompt prompt, JsonElement answer)
    {
        var status = answer.GetProperty("status").GetString();
        if (status is not ("completed" or "failed" or "cancelled"))
            return false;
        if (prompt.ToldEnd is { } told && told != status)
            ledger.Complain($"{prompt.Id} was {told}, and is {status}");
        prompt.ToldEnd = status;
        return true;
    }

    private async Task CallAsync(bool isStreamed, CancellationToken stop)
    {
        var prompt = ledger.New(random.Next(12), isCall: true);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (random.Next(10) == 0)
            leaving.CancelAfter(random.Next(10, 400));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, At("/api/generate"))
            {
                Content = Json(new { model = "llama3.2", prompt = prompt.Text, stream = isStreamed }),
            };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            if (response.Headers.TryGetValues("X-Prompt-Id", out var ids))
                prompt.Id = Guid.Parse(ids.Single());
            if (response.IsSuccessStatusCode)
                await ReadAnswerAsync(prompt, response, leaving.Token);
            else
                CountRefusal(response);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            ledger.Count("clients that left");
        }
        catch (Exception exception) when (IsFault(exception, stop))
        {
            CountFault(exception);
        }
        prompt.MayBeCancelled = !prompt.IsAnswered;
    }

    private async Task ReadAnswerAsync(ChaosPrompt prompt, HttpResponseMessage response, CancellationToken stop)
    {
        var text = new StringBuilder();
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(stop));
        while (await lines.ReadLineAsync(stop) is { } line)
        {
            using var part = JsonDocument.Parse(line);
            if (part.RootElement.TryGetProperty("error", out var error))
            {
                ledger.Count("client errors: an error in a stream that had begun");
                ledger.Count($"  said there: {error}");
                return;
            }
            text.Append(part.RootElement.GetProperty("response").GetString());
            if (!part.RootElement.GetProperty("done").GetBoolean())
                continue;
            prompt.IsAnswered = text.ToString() == prompt.Answer;
            if (!prompt.IsAnswered)
                ledger.Complain($"the call {prompt.Id} was answered '{text}'");
            ledger.Count("calls answered");
            return;
        }
        ledger.Complain($"the answer to the call {prompt.Id} ended amid '{text}', as if it were whole");
    }

    /// <summary>Sends a request until it is answered, and returns the answer; null: it was refused for good.</summary>
    private async Task<JsonDocument?> UntilAnsweredAsync(Func<HttpRequestMessage> request, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                using var message = request();
                using var response = await http.SendAsync(message, stop);
                if (response.IsSuccessStatusCode)
                    return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(stop));
                CountRefusal(response);
                if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                    return null;
            }
            catch (Exception exception) when (IsFault(exception, stop))
            {
                CountFault(exception);
            }
            await Task.Delay(RetryPause, stop);
        }
    }

    private static bool IsFault(Exception exception, CancellationToken stop) =>
        exception is HttpRequestException or IOException or OperationCanceledException && !stop.IsCancellationRequested;

    private void CountFault(Exception exception)
    {
        ledger.Count("client errors: broken connection", exception is OperationCanceledException ? 0 : 1);
        if (exception is OperationCanceledException)
            ledger.Complain($"a request had no answer within {http.Timeout.TotalSeconds} s");
    }

    private void CountRefusal(HttpResponseMessage response)
    {
        var after = response.Headers.RetryAfter is null ? " without Retry-After" : " with Retry-After";
        ledger.Count($"client errors: {(int)response.StatusCode}{after}");
        if (response.StatusCode != HttpStatusCode.ServiceUnavailable || response.Headers.RetryAfter is null)
            ledger.Complain($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri!.AbsolutePath} was answered "
                + $"{(int)response.StatusCode}{after}");
    }

    private Uri At(string path) => new($"http://{servers[random.Next(servers.Count)].EndPoint}{path}");

    private static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
}

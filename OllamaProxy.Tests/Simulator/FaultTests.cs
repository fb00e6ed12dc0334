using System.Net;
using System.Text.Json;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Simulator;

public sealed class FaultTests : SimulatorTest
{
    private const string Streaming = "200 application/x-ndjson | ";
    private const string Whole = "200 application/json | ";
    private const string Said = "This is the Simulator, not a language model. You asked: \"hello\"";

    private volatile string _seen = "";

    [Theory]
    [InlineData("""{"fault":"refuse","times":2}""", "nothing")]
    [InlineData("""{"fault":"status","times":2}""", """503 application/json | {"error":"the Simulator was asked for this fault"}""")]
    [InlineData("""{"fault":"status","times":2,"status":429,"error":"it's \"busy\"","retry_after":7}""",
        """429 application/json after 7 s | {"error":"it's \"busy\""}""")]
    [InlineData("""{"fault":"status","times":2,"status":204,"retry_after":1}""", "204  after 1 s | ")]
    [InlineData("""{"fault":"status","times":2,"status":205}""", "205  | ")]
    [InlineData("""{"fault":"status","times":2,"status":304}""", "304  | ")]
    [InlineData("""{"fault":"not_json","times":2}""", "200 text/html | <!doctype html><title>Welcome</title><p>This is not Ollama.</p>")]
    [InlineData("""{"fault":"empty","times":2}""", Whole)]
    [InlineData("""{"fault":"cut","times":2}""", Streaming + "[cut]", Whole + "[cut]")]
    [InlineData("""{"fault":"cut","times":2,"after_tokens":3}""", Streaming + "This is the[cut]", Whole + "[cut]")]
    [InlineData("""{"fault":"cut","times":2,"after_tokens":999}""", Streaming + Said + "[cut]", Whole + "[cut]")]
    [InlineData("""{"fault":"error_line","times":2,"after_tokens":3,"error":"boom"}""",
        Streaming + """This is the{"error":"boom"}""", """500 application/json | {"error":"boom"}""")]
    [InlineData("""{"fault":"no_done","times":2}""", Streaming, Whole)]
    [InlineData("""{"fault":"no_done","times":2,"after_tokens":3}""", Streaming + "This is the", Whole + "This is the")]
    public async Task A_fault_that_was_asked_for_over_HTTP_does_what_it_says(string fault, string streaming, string? notStreaming = null)
    {
        await AskForAsync(fault);

        Assert.Equal((streaming, notStreaming ?? streaming), (await SeenAsync(), await SeenAsync(stream: false)));
        Assert.Equal(Streaming + Said + "[done]", await SeenAsync());
        Assert.All(Ollama.Requests.All, request => Assert.Equal((true, false), (request.Ended.IsCompleted, request.ClosedByClient)));
    }

    [Theory]
    [InlineData("""{"fault":"hang"}""", true, "")]
    [InlineData("""{"fault":"hang"}""", false, "")]
    [InlineData("""{"fault":"stall","after_tokens":3}""", true, Streaming + "This is the")]
    [InlineData("""{"fault":"stall"}""", true, Streaming)]
    [InlineData("""{"fault":"stall","after_tokens":3}""", false, "")]
    public async Task A_fault_without_an_end_lasts_until_the_client_goes(string fault, bool stream, string before)
    {
        await AskForAsync(fault);
        using var leave = new CancellationTokenSource();
        var seen = SeenAsync(stream, leave.Token);
        await Ollama.Requests.WaitForAsync(1, Patience);
        await Eventually.True(() => _seen == before);
        Assert.Equal(1, Ollama.Requests.Running);

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => seen);
        var logged = Ollama.Requests.All.Single();
        await logged.Ended.WaitAsync(Patience);
        Assert.Equal((before, true, 0), (_seen, logged.ClosedByClient, Ollama.Requests.Running));
    }

    [Fact]
    public async Task An_answer_that_does_not_stream_is_cut_halfway_through_its_body()
    {
        Ollama.Faults.Enqueue(Fault.Cut(afterTokens: 3));
        using var response = await GenerateAsync(stream: false);
        using var lines = await LinesAsync(response);
        using var arrived = new MemoryStream();

        await Assert.ThrowsAsync<HttpIOException>(() => lines.BaseStream.CopyToAsync(arrived, Patience));

        Assert.Equal(response.Content.Headers.ContentLength / 2, arrived.Length);
    }

    [Fact]
    public async Task Faults_come_in_order_each_as_often_as_asked_for_and_only_to_generations_until_a_DELETE_forgets_them()
    {
        Ollama.Faults.Enqueue(Fault.NoDone(1), times: 2);
        Ollama.Faults.Enqueue(Fault.Empty, times: 5);

        Assert.Equal(Streaming + "This", await SeenAsync());
        foreach (var body in new[] { """{"prompt":"x"}""", """{"model":"tiny"}""", """{"model":"tiny","prompt":"x","format":5}""" })
            (await PostAsync("/api/generate", body)).Dispose();
        Assert.Equal(6, Ollama.Faults.Count);
        Assert.Equal((Streaming + "This", Whole), (await SeenAsync(), await SeenAsync()));
        Assert.Equal(4, Ollama.Faults.Count);

        using var response = await Client.DeleteAsync("/simulator/faults", Patience);
        Assert.Equal((HttpStatusCode.NoContent, 0), (response.StatusCode, Ollama.Faults.Count));
        Assert.Equal(Streaming + Said + "[done]", await SeenAsync());
    }

    [Theory]
    [InlineData("", "The body must be JSON")]
    [InlineData("null", "The body must be JSON")]
    [InlineData("[]", "The body must be JSON")]
    [InlineData("{}", "fault is missing")]
    [InlineData("""{"fault":"explode"}""", "The body must be JSON")]
    [InlineData("""{"fault":"stall, cut"}""", "The body must be JSON")]
    [InlineData("""{"fault":1}""", "The body must be JSON")]
    [InlineData("""{"fault":"cut","after_token":1}""", "The body must be JSON")]
    [InlineData("""{"fault":"status","error":null}""", "The body must be JSON")]
    [InlineData("""{"fault":"cut","times":0}""", "times must")]
    [InlineData("""{"fault":"cut","after_tokens":-1}""", "after_tokens must")]
    [InlineData("""{"fault":"status","status":199}""", "status must")]
    [InlineData("""{"fault":"status","status":600}""", "status must")]
    [InlineData("""{"fault":"status","retry_after":-1}""", "retry_after must")]
    public async Task A_bad_fault_is_400_in_words_and_no_fault(string body, string words)
    {
        using var response = await PostAsync("/simulator/faults", body);

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync(Patience)).GetProperty("error").GetString();
        Assert.StartsWith(words, error, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.BadRequest, 0), (response.StatusCode, Ollama.Faults.Count));
    }

    private async Task AskForAsync(string fault)
    {
        using var response = await PostAsync("/simulator/faults", fault);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    /// <summary>All that a client sees of an answer, in a line; <see cref="_seen"/> has it as it comes.</summary>
    private async Task<string> SeenAsync(bool stream = true, CancellationToken ct = default)
    {
        _seen = "";
        try
        {
            using var response = await GenerateAsync(stream, ct);
            using var lines = await LinesAsync(response);
            var after = response.Headers.RetryAfter is { } retry ? $" after {retry} s" : "";
            _seen = $"{(int)response.StatusCode} {response.Content.Headers.ContentType?.MediaType}{after} | ";
            while (await lines.ReadLineAsync(ct.CanBeCanceled ? ct : Patience) is { } line) _seen += Say(line);
        }
        catch (HttpIOException exception) when (exception.HttpRequestError is HttpRequestError.ResponseEnded)
        {
            _seen += "[cut]";
        }
        catch (HttpRequestException)
        {
            _seen = "nothing";
        }

        return _seen;
    }

    private static string Say(string line)
    {
        if (!line.StartsWith("{\"model\"", StringComparison.Ordinal)) return line;
        var part = JsonElement.Parse(line);
        return part.GetProperty("response").GetString() + (part.GetProperty("done").GetBoolean() ? "[done]" : "");
    }
}

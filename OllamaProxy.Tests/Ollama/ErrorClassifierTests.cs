using System.Text.Json;
using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

/// <summary>
/// What each error means, in the words of Ollama 0.33, of its older versions and of llama-server, however they are wrapped.
/// </summary>
public sealed class ErrorClassifierTests
{
    private const string TooLong = "request (302 tokens) exceeds the available context size (256 tokens), try increasing it";

    /// <summary>Errors with their status.</summary>
    public static TheoryData<int, string, FailureKind> Errors => new()
    {
        // The model is not there.
        { 404, "model 'x' not found", FailureKind.Permanent },
        { 404, "model \"x\" not found, try pulling it first", FailureKind.Permanent },
        { 404, "model 'nosuch:latest' not found", FailureKind.Permanent },
        { 500, "model \"x\" not found, try pulling it first", FailureKind.Permanent },
        { 404, "The model `x` does not exist.", FailureKind.Permanent },
        // Ollama has no room.
        { 503, "server busy, please try again.  maximum pending requests exceeded", FailureKind.Busy },
        { 503, "account unavailable", FailureKind.Busy },
        { 429, "slow down", FailureKind.Busy },
        { 500, "server busy, please try again.  maximum pending requests exceeded", FailureKind.Busy },
        { 500, "Loading model", FailureKind.Busy },
        // The runner or the machine failed.
        { 500, "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
            + "check ollama server logs for details", FailureKind.Transient },
        { 500, "llama runner process has terminated: exit status 2", FailureKind.Transient },
        { 500, "llama-server process has terminated: signal: killed", FailureKind.Transient },
        { 500, "llama runner process no longer running: -1 ", FailureKind.Transient },
        { 500, "timed out waiting for llama-server to start - progress 0.50 - ", FailureKind.Transient },
        { 500, "timed out waiting for llama runner to start: context deadline exceeded", FailureKind.Transient },
        { 500, "an error was encountered while running the model: unexpected EOF", FailureKind.Transient },
        { 500, "do embedding request: Post \"http://127.0.0.1:41235/embedding\": EOF", FailureKind.Transient },
        { 500, "Post \"http://127.0.0.1:41235/completion\": read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer",
            FailureKind.Transient },
        { 500, "dial tcp 127.0.0.1:41235: connect: connection refused", FailureKind.Transient },
        { 500, "dial tcp: lookup ollama.com: no such host", FailureKind.Transient },
        { 500, "CUDA error: out of memory", FailureKind.Transient },
        { 500, "llama-server process has terminated: error: failed to parse grammar", FailureKind.Transient },
        { 500, "cudaMalloc failed: out of memory", FailureKind.Transient },
        { 500, "llama-server reported out-of-memory during startup: vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
            FailureKind.Transient },
        { 500, "error reading llama-server response: unexpected EOF", FailureKind.Transient },
        { 500, "no slots available after 10 retries", FailureKind.Transient },
        { 499, "request canceled", FailureKind.Transient },
        { 502, "bad gateway", FailureKind.Transient },
        { 504, "gateway timeout", FailureKind.Transient },
        { 408, "slow", FailureKind.Transient },
        // The input is wrong.
        { 400, "model is required", FailureKind.Permanent },
        { 401, "unauthorized", FailureKind.Permanent },
        { 403, "ollama cloud is disabled: remote inference is unavailable", FailureKind.Permanent },
        { 405, "no", FailureKind.Permanent },
        { 413, "too large", FailureKind.Permanent },
        { 501, "This server does not support embeddings. Start it with `--embeddings`", FailureKind.Permanent },
        { 400, "the input length exceeds the context length", FailureKind.Permanent },
        { 500, "the input length exceeds the context length", FailureKind.Permanent },
        { 500, "input exceeds maximum context length and cannot be truncated further", FailureKind.Permanent },
        { 500, "input after truncation exceeds maximum context length", FailureKind.Permanent },
        { 500, "the prompt is longer than the context length currently available to the model", FailureKind.Permanent },
        { 500, "input (103 tokens) is too large to process. increase the physical batch size (current batch size: 30)",
            FailureKind.Permanent },
        { 500, TooLong, FailureKind.Permanent },
        { 500, "template: :1:12: executing \"\" at <.Foo>: can't evaluate field Foo", FailureKind.Permanent },
        { 500, "template: :3: unexpected EOF", FailureKind.Permanent },
        { 500, "template error", FailureKind.Permanent },
        { 500, "failed to process inputs: image: unknown format", FailureKind.Permanent },
        { 500, "decode WebP image: unexpected EOF", FailureKind.Permanent },
        { 500, "png: invalid format: not a PNG file", FailureKind.Permanent },
        { 500, "invalid JPEG format: short Huffman data", FailureKind.Permanent },
        { 500, "illegal base64 data at input byte 4", FailureKind.Permanent },
        { 500, "this model only supports one image while more than one image requested", FailureKind.Permanent },
        { 500, "this model is missing data required for image input", FailureKind.Permanent },
        { 500, "json: unsupported value: NaN", FailureKind.Permanent },
        { 500, "json: unsupported value: +Inf", FailureKind.Permanent },
        { 500, "embedding contains NaN or Inf values", FailureKind.Permanent },
        { 500, "detokenize error: invalid token", FailureKind.Permanent },
        { 500, "invalid token id 999999", FailureKind.Permanent },
        { 500, "invalid format: \"x\"; expected \"json\" or a valid JSON Schema object", FailureKind.Permanent },
        { 500, "option \"num_ctx\" must be of type integer", FailureKind.Permanent },
        { 500, "\"tiny\" does not support chat", FailureKind.Permanent },
        { 500, "registry.ollama.ai/library/tiny:latest does not support tools", FailureKind.Permanent },
        { 500, "failed to parse grammar", FailureKind.Permanent },
        // Nobody knows: once more.
        { 500, "model requires more system memory (5.6 GiB) than is available (1.2 GiB)", FailureKind.Unknown },
        { 500, "something new", FailureKind.Unknown },
        { 500, "it contains information that is new", FailureKind.Unknown },
        { 500, "unable to load model: /root/.ollama/models/blobs/sha256-1", FailureKind.Unknown },
        { 507, "something new", FailureKind.Unknown },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public void An_error_means_the_same_however_it_is_wrapped(int status, string error, FailureKind expected)
    {
        var text = JsonSerializer.Serialize(error);
        string[] bodies =
        [
            $$"""{"error":{{text}}}""",
            $$$"""{"error":{"message":{{{text}}},"type":"api_error","param":null,"code":null}}""",
            $$$"""{"type":"error","error":{"type":"api_error","message":{{{text}}}}}""",
            $$"""{"error":{{JsonSerializer.Serialize($$$"""{"error":{"message":{{{text}}}}}""")}}}""",
        ];
        Assert.All(bodies, body => Assert.Equal(
            (expected, error.Trim()),
            OllamaFailures.OfAnswer(status, body, null) is var failure ? (failure.Kind, failure.Message) : default));
    }

    [Theory]
    [InlineData("""{"error":"{\"error\":{\"code\":400,\"message\":\"who knows\",\"type\":\"invalid_request_error\"}}"}""",
        FailureKind.Permanent)]
    [InlineData("""{"error":"{\"error\":{\"code\":400,\"message\":\"who knows\"}}"}""", FailureKind.Permanent)]
    [InlineData("""{"error":"{\"error\":{\"code\":503,\"message\":\"who knows\",\"type\":\"unavailable_error\"}}"}""", FailureKind.Busy)]
    [InlineData("""{"error":"{\"error\":{\"code\":500,\"message\":\"who knows\",\"type\":\"server_error\"}}"}""", FailureKind.Unknown)]
    [InlineData("""{"error":"{\"error\":{\"code\":500,\"message\":\"who knows\",\"type\":\"server_error\"}}\nCUDA error: out of memory"}""",
        FailureKind.Transient)]
    public void What_the_runner_says_of_its_error_counts(string body, FailureKind expected) =>
        Assert.Equal(expected, OllamaFailures.OfAnswer(500, body, null).Kind);

    [Theory]
    [InlineData(401, "<html>", FailureKind.Permanent)]
    [InlineData(403, "<html>no</html>", FailureKind.Permanent)]
    [InlineData(403, "", FailureKind.Permanent)]
    [InlineData(407, "proxy", FailureKind.Permanent)]
    [InlineData(413, "<html>too large</html>", FailureKind.Permanent)]
    [InlineData(404, "404 page not found", FailureKind.InvalidResponse)]
    [InlineData(405, "405 method not allowed", FailureKind.InvalidResponse)]
    [InlineData(400, "<html>", FailureKind.InvalidResponse)]
    [InlineData(408, "", FailureKind.Transient)]
    [InlineData(429, "<html>", FailureKind.Busy)]
    [InlineData(500, "oops", FailureKind.InvalidResponse)]
    [InlineData(502, "<html>bad gateway</html>", FailureKind.Transient)]
    [InlineData(503, "", FailureKind.Busy)]
    [InlineData(504, "<html>", FailureKind.Transient)]
    [InlineData(522, "<html>cloudflare</html>", FailureKind.Transient)]
    [InlineData(302, "", FailureKind.InvalidResponse)]
    [InlineData(402, "", FailureKind.Permanent)]
    [InlineData(411, "", FailureKind.Permanent)]
    [InlineData(414, "", FailureKind.Permanent)]
    [InlineData(415, "", FailureKind.Permanent)]
    [InlineData(431, "", FailureKind.Permanent)]
    [InlineData(451, "", FailureKind.Permanent)]
    [InlineData(425, "", FailureKind.Transient)]
    [InlineData(499, "", FailureKind.Transient)]
    [InlineData(519, "", FailureKind.InvalidResponse)]
    [InlineData(520, "", FailureKind.Transient)]
    [InlineData(530, "", FailureKind.Transient)]
    [InlineData(531, "", FailureKind.InvalidResponse)]
    public void An_answer_that_is_not_Ollamas_is_judged_by_its_status(int status, string body, FailureKind expected) =>
        Assert.Equal(expected, OllamaFailures.OfAnswer(status, body, null).Kind);

    [Theory]
    [InlineData("model 'x' not found", true)]
    [InlineData("model \"x\" not found, try pulling it first", true)]
    [InlineData("model x not found", true)]
    [InlineData("Model 'hf.co/a/b:Q4_K_M' not found", true)]
    [InlineData("model '' not found", true)]
    [InlineData("The model 'x' was not found", true)]
    [InlineData("the model `x` does not exist", true)]
    [InlineData("prompt not found", false)]
    [InlineData("tool 'model' not found", false)]
    [InlineData("my model 'x' not found", false)]
    [InlineData("model 'x' is loading", false)]
    public void A_model_that_is_missing_is_known_by_any_quoting(string error, bool expected) =>
        Assert.Equal(expected, ErrorClassifier.SaysModelIsMissing(error));

    [Theory]
    [InlineData("requires more system memory (5.6 GiB) than is available (1.2 GiB)",
        "requires more system memory (5.6 GiB) than is available (0.9 GiB)", true)]
    [InlineData("panic at 0xc000123", "panic at 0xc000fff", true)]
    [InlineData("Something", "something", true)]
    [InlineData("something", "something else", false)]
    public void Errors_are_the_same_whatever_sizes_and_addresses_they_name(string one, string other, bool expected) =>
        Assert.Equal(expected, ErrorClassifier.IsSame(one, other));

    [Theory]
    [InlineData("an error was encountered while running the model: unexpected EOF", FailureKind.Transient)]
    [InlineData("something new", FailureKind.Transient)]
    [InlineData("model 'gone' not found", FailureKind.Permanent)]
    [InlineData("the input length exceeds the context length", FailureKind.Permanent)]
    [InlineData("server busy, please try again.  maximum pending requests exceeded", FailureKind.Busy)]
    [InlineData("""{"code":400,"message":"bad"}""", FailureKind.Permanent)]
    public void An_error_amid_an_answer_means_what_its_text_says(string error, FailureKind expected) =>
        Assert.Equal(expected, OllamaFailures.OfErrorLine(error).Kind);
}

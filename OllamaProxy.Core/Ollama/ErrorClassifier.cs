using System.Text.RegularExpressions;

namespace OllamaProxy.Ollama;

/// <summary>
/// Decides what an error means for the prompt: the table "Errors from Ollama" of the design. The words are those of Ollama 0.33
/// (<c>server/routes.go</c>, <c>server/sched.go</c>, <c>llm/</c>), of its older runners, and of llama-server.
/// </summary>
public static partial class ErrorClassifier
{
    /// <summary>What an error answer means.</summary>
    /// <param name="status">The HTTP status; 500 for an error amid an answer, which has none of its own.</param>
    /// <param name="error">The error; null: the body is not one of Ollama's.</param>
    public static FailureKind Classify(int status, OllamaError? error)
    {
        if (status is 429 or 503)
            return FailureKind.Busy;
        if (error is null)
            return ClassifyForeign(status);
        if (SaysModelIsMissing(error.Message))
            return FailureKind.Permanent;
        return status switch
        {
            408 or 425 or 499 or 502 or 504 => FailureKind.Transient,
            501 or (>= 400 and < 500) => FailureKind.Permanent,
            _ => ClassifyServerError(error),
        };
    }

    /// <summary>Whether an error says that the model is not there.</summary>
    public static bool SaysModelIsMissing(string error) => ModelIsMissing().IsMatch(error);

    /// <summary>Whether two errors say the same, whatever sizes, ports and addresses they name.</summary>
    public static bool IsSame(string one, string other) =>
        string.Equals(Numbers().Replace(one, "#"), Numbers().Replace(other, "#"), StringComparison.OrdinalIgnoreCase);

    /// <summary>Gateways in front of Ollama answer with pages of their own.</summary>
    private static FailureKind ClassifyForeign(int status) => status switch
    {
        408 or 425 or 499 or 502 or 504 or (>= 520 and <= 530) => FailureKind.Transient,
        // A refusal stays a refusal. An empty 403 is Ollama's own, to a foreign Host or Origin.
        401 or 402 or 403 or 407 or 411 or 413 or 414 or 415 or 431 or 451 => FailureKind.Permanent,
        _ => FailureKind.InvalidResponse,
    };

    private static FailureKind ClassifyServerError(OllamaError error) => error switch
    {
        { Code: 429 or 503 } or { Type: "unavailable_error" or "overloaded_error" or "rate_limit_error" } => FailureKind.Busy,
        { Code: 408 or 502 or 504 } => FailureKind.Transient,
        { Code: >= 400 and < 500 } => FailureKind.Permanent,
        {
            Type: "invalid_request_error" or "exceed_context_size_error" or "not_supported_error"
                or "authentication_error" or "permission_error"
        } =>
            FailureKind.Permanent,
        _ when IsBusy().IsMatch(error.Message) => FailureKind.Busy,
        _ when RunnerDied().IsMatch(error.Message) => FailureKind.Transient,
        _ when InputIsWrong().IsMatch(error.Message) => FailureKind.Permanent,
        _ when MachineFailed().IsMatch(error.Message) => FailureKind.Transient,
        _ => FailureKind.Unknown,
    };

    [GeneratedRegex("""^(the )?model ['"`]?[^'"`]*['"`]? (was )?(not found|does not exist|not exist)""",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex ModelIsMissing();

    [GeneratedRegex(
        "^(error: )?server busy|maximum pending requests|too many (concurrent )?requests|^rate limit"
        + "|^(loading model|no slots? available)$|model is (currently )?overloaded",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex IsBusy();

    /// <summary>The runner is gone, whatever it logged last.</summary>
    [GeneratedRegex("unexpectedly stopped|process has terminated|no longer running",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex RunnerDied();

    /// <summary>The same input would bring the same error again.</summary>
    [GeneratedRegex(
        """
        ^invalid\ (format|option|argument|message|image|character|tool|input_audio|duration) | ^option\ ".*"\ must\ be
        | must\ be\ one\ of | ^json:\ cannot\ unmarshal
        | exceeds?\ (the\ )?(maximum\ |available\ |model's\ )*context\ | context\ (length|size|window)\ (was\ |is\ )?exceeded
        | longer\ than\ the\ context
        | exceed_context_size | too\ large\ to\ process | cannot\ be\ truncated\ further | larger\ than\ the\ context
        | ^template:\  | template\ (error|parse) | (rendering|executing|parsing)\ (the\ )?(chat\ )?template | \bjinja\b
        | image:\ unknown\ format | unknown\ image\ format | (decode|decoding|process|load|read)\ (webp\ |the\ )?image
        | invalid\ (jpeg|png|gif|webp|image)
        | (^|:\ )(png|jpeg|gif|webp|bmp|tiff):\  | only\ supports\ (one|a\ single)\ image | required\ for\ image\ input
        | image\ URLs\ are\ not
        | illegal\ base64 | unsupported\ value:\ (NaN|[+-]?Inf) | \bNaN\ or\ Inf\b | contains?\ (NaN|Inf)\b
        | invalid\ token | token\ (id\ )?.*out\ of\ range | detokenize\ error
        | does\ not\ support\ (chat|generate|completion|embed|tools|insert|thinking|vision|image|audio|the\ )
        | (parse|parsing|invalid|compile)\ (the\ )?grammar | vocabulary\ required\ for\ format | raw\ mode\ does\ not\ support
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex InputIsWrong();

    /// <summary>The runner, the machine or the network failed, and another attempt may not meet that.</summary>
    [GeneratedRegex(
        """
        unexpectedly\ stopped | has\ terminated | no\ longer\ running | not\ responding | tim(ed|e)[\ -]?out | deadline\ exceeded
        | unexpected\ EOF | \bEOF$ | unexpected\ end\ of\ JSON | connection\ (was\ )?(reset|refused|closed|aborted)
        | forcibly\ closed | broken\ pipe | closed\ network
        | out[\ -]of[\ -](device[\ -]|host[\ -])?memory | (cuda|hip)malloc | failed\ to\ allocate | allocation\ failed
        | (not\ enough|insufficient)\ memory | OutOfDeviceMemory
        | unable\ to\ allocate | (CUDA|ROCm|HIP|Vulkan|Metal|ggml)[\ _]error | GGML_ASSERT | ^panic | fatal\ error
        | signal\ arrived | segmentation\ fault
        | no\ space\ left | too\ many\ open\ files | no\ such\ host | network\ is\ unreachable | no\ route\ to\ host
        | TLS\ handshake | server\ misbehaving
        | context\ cancell?ed | request\ cancell?ed | no\ slots?\ available | unexpected\ server\ status
        | llama-server\ (chat\ |template\ |error\ )?response
        | compute\ error | llama_decode | temporarily\ unavailable
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex MachineFailed();

    [GeneratedRegex(@"0x[0-9a-f]+|\d+(\.\d+)*", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Numbers();
}

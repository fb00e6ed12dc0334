using System.Diagnostics.CodeAnalysis;
using OllamaProxy.Prompts;

namespace OllamaProxy.Storage.Texts;

/// <summary>
/// How texts and bodies are stored that are too long for a column: in parts, each with a checksum. They are first staged, in many small
/// transactions, and then adopted: given to a prompt or a file in the transaction that needs them. Texts that belong to neither are removed
/// later.
/// </summary>
internal static class LongTextFormat
{
    /// <summary>The longest part, in bytes.</summary>
    public const int PartLength = 64 * 1024;

    /// <summary>How many parts are removed at once, so that no other write waits for long.</summary>
    public const int RemovedAtOnce = 64;

    public const string Prompt = "prompt";
    public const string Request = "request";
    public const string Call = "call";
    public const string Response = "response";
    public const string Result = "result";
    public const string Thinking = "thinking";

    /// <summary>How many characters of a long text stand in its column as well, for lists and searches.</summary>
    private const int BeginningLength = 64 * 1024;

    public static bool IsLong([NotNullWhen(true)] string? text) => text?.Length > LongText.MaxShort;

    public static bool IsLong(ReadOnlyMemory<byte> body) => body.Length > LongText.MaxShort;

    /// <summary>What the column of a text holds: the beginning of a long one.</summary>
    public static string? ColumnOf(string? text) =>
        IsLong(text) ? text[..(char.IsHighSurrogate(text[BeginningLength - 1]) ? BeginningLength - 1 : BeginningLength)] : text;

    /// <summary>What the column of a body holds: nothing of a long one.</summary>
    public static ReadOnlyMemory<byte> ColumnOf(ReadOnlyMemory<byte> body) => IsLong(body) ? default : body;
}

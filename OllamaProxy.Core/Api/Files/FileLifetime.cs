using System.Globalization;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Files;

/// <summary>After what time a file is removed: <c>expires_after</c> with its <c>anchor</c> and its <c>seconds</c>.</summary>
internal static class FileLifetime
{
    /// <summary>The only moment from which it can be counted.</summary>
    public const string Anchor = "created_at";

    private const int Min = 3600;
    private const int Max = 2_592_000;

    /// <exception cref="ProblemException">400: out of bounds.</exception>
    public static TimeSpan Of(long seconds) => seconds is >= Min and <= Max ? TimeSpan.FromSeconds(seconds)
        : throw BadSeconds(seconds.ToString(CultureInfo.InvariantCulture));

    public static ProblemException BadAnchor(string anchor) =>
        Problems.BadRequest($"'expires_after[anchor]' must be '{Anchor}', but is '{anchor}'.");

    public static ProblemException BadSeconds(string seconds) => Problems.BadRequest(string.Create(CultureInfo.InvariantCulture,
        $"'expires_after[seconds]' must be a whole number from {Min} to {Max}, but is {seconds}."));
}

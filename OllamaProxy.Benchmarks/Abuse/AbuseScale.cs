namespace OllamaProxy.Benchmarks.Abuse;

/// <summary>How many clients there are that ask for much, and how much each asks for.</summary>
internal sealed record AbuseScale
{
    /// <summary>What the issue that asked for this run names; about two minutes.</summary>
    public static readonly AbuseScale Full = new()
    {
        Readers = 100,
        TextBytes = 200_000_000,
        Uploads = 50,
        UploadBytes = 60_000_000,
        Watchers = 2000,
        Length = TimeSpan.FromSeconds(30),
        AfterWards = TimeSpan.FromSeconds(10),
    };

    /// <summary>Just enough for every row to have a figure.</summary>
    public static readonly AbuseScale Smoke = new()
    {
        Readers = 4,
        TextBytes = 5_000_000,
        Uploads = 4,
        UploadBytes = 5_000_000,
        Watchers = 20,
        Length = TimeSpan.FromSeconds(1),
        AfterWards = TimeSpan.FromSeconds(0.5),
    };

    /// <summary>How many read each of the long texts, slowly.</summary>
    public required int Readers { get; init; }

    /// <summary>How long a result, a prompt and a response are that they read.</summary>
    public required int TextBytes { get; init; }

    public required int Uploads { get; init; }

    public required int UploadBytes { get; init; }

    public required int Watchers { get; init; }

    /// <summary>How long all of them stay.</summary>
    public required TimeSpan Length { get; init; }

    /// <summary>After how long everything should have been given back that they took.</summary>
    public required TimeSpan AfterWards { get; init; }
}

namespace OllamaProxy.Api.Callers;

/// <summary>Who is let in to a route where keys are needed.</summary>
public enum RouteAccess
{
    /// <summary>Everybody with a key, to what is their own.</summary>
    Owner,

    /// <summary>Only those with an admin's key.</summary>
    Admin,

    /// <summary>Everybody: nothing is told there that is anybody's.</summary>
    Open,
}
